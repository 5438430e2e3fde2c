// Whether a live list stands still: nothing moves under the eyes or the pointer of somebody who looks closely.
import { useEffect, useState } from 'react'
import type { RefObject } from 'react'

type Reason = 'by hand' | 'while you point at it' | 'while you are in it' | 'while you read further down'

/** Why the list stands still, if it does. */
export function usePause(list: RefObject<HTMLElement | null>, isHeld = false): Reason | undefined {
  const [isPointed, setPointed] = useState(false)
  const [isFocused, setFocused] = useState(false)
  const [isScrolled, setScrolled] = useState(false)
  useEffect(() => {
    const element = list.current
    if (element === null) return
    const of = element
    const handlers: Readonly<Record<string, (event: Event) => void>> = {
      // A finger does not rest: on a touch screen scrolling pauses the list.
      pointerenter: (event) => setPointed((event as PointerEvent).pointerType === 'mouse'),
      pointerleave: () => setPointed(false),
      focusin: () => setFocused(of.querySelector(':focus-visible') !== null),
      focusout: (event) => setFocused(of.contains((event as FocusEvent).relatedTarget as Node | null)),
    }
    const onScroll = (): void => setScrolled(of.getBoundingClientRect().top < -40)
    for (const [name, handler] of Object.entries(handlers)) of.addEventListener(name, handler)
    window.addEventListener('scroll', onScroll, { passive: true })
    return () => {
      for (const [name, handler] of Object.entries(handlers)) of.removeEventListener(name, handler)
      window.removeEventListener('scroll', onScroll)
    }
  }, [list])
  if (isHeld) return 'by hand'
  if (isFocused) return 'while you are in it'
  if (isPointed) return 'while you point at it'
  return isScrolled ? 'while you read further down' : undefined
}

/** What a list says of its standing still. */
export function sayPause(reason: Reason | undefined, waiting: number): string {
  return reason === undefined ? '' : `Paused ${reason}${waiting > 0 ? `: ${waiting} new` : ''}`
}
