// A link to another page: a real one, so that it can be opened beside, copied and read aloud.
import type { MouseEvent, ReactNode } from 'react'
import { navigate } from '../navigation.ts'
import { pathOf } from '../route.ts'
import type { Route } from '../route.ts'

/** A link to a page. */
export function Link(props: {
  readonly to: Route
  readonly children: ReactNode
  readonly className?: string
  readonly title?: string
  readonly tabIndex?: number | undefined
  readonly isMain?: boolean
  readonly isCurrent?: boolean
}): ReactNode {
  function open(event: MouseEvent): void {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    navigate(props.to)
  }
  return (
    <a
      href={pathOf(props.to)}
      className={props.className}
      title={props.title}
      tabIndex={props.tabIndex}
      data-main={props.isMain === true ? '' : undefined}
      aria-current={props.isCurrent === true ? 'page' : undefined}
      onClick={open}
    >
      {props.children}
    </a>
  )
}
