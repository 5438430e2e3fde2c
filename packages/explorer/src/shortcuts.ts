// The keys that work on every page, as one list: the help sheet shows it, the listener obeys it.
import { useEffect } from 'react'
import { announce } from './announce.ts'

/** What a key does. */
export type Action = 'help' | 'search' | 'live' | 'pause' | 'list' | 'freeze' | 'back'

/** One key, what it does and where. */
export type Shortcut = { readonly keys: readonly string[]; readonly says: string; readonly action?: Action }

/** All keys, in the order of the help sheet. */
export const shortcuts: readonly Shortcut[] = [
  { keys: ['?'], says: 'Show or hide this sheet', action: 'help' },
  { keys: ['/'], says: 'Go to an address or an operation', action: 'search' },
  { keys: ['l'], says: 'Live page', action: 'live' },
  { keys: ['b'], says: 'Back', action: 'back' },
  { keys: ['t'], says: 'Into the list of payments', action: 'list' },
  { keys: ['j', '↓'], says: 'In a list: next row' },
  { keys: ['k', '↑'], says: 'In a list: previous row' },
  { keys: ['Enter'], says: 'In a list: open the row' },
  { keys: ['p'], says: 'Pause the live list, or let it run', action: 'pause' },
  { keys: ['f'], says: 'Agent page: to the freeze', action: 'freeze' },
  { keys: ['Esc'], says: 'Leave the field or the sheet' },
]

const STORAGE_NAME = 'turnpike.singleKeys'

/** Whether single keys act; a reader whose speech or switch input types stray letters turns them off. */
export function areShortcutsOn(): boolean {
  return window.localStorage.getItem(STORAGE_NAME) !== 'off'
}

/** Turns single keys on or off, for this browser. */
export function setShortcutsOn(isOn: boolean): void {
  window.localStorage.setItem(STORAGE_NAME, isOn ? 'on' : 'off')
  announce(isOn ? 'Single keys are on.' : 'Single keys are off.')
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input:not([type=checkbox]), textarea, select')
}

/** Obeys the keys while the component lives. */
export function useShortcuts(act: (action: Action) => void): void {
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent): void {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      const action = shortcuts.find(({ keys }) => keys.includes(event.key))?.action
      // The help sheet always opens: it is where the keys are turned on again.
      if (action === undefined || (action !== 'help' && !areShortcutsOn())) return
      event.preventDefault()
      act(action)
    }
    window.addEventListener('keydown', onKeyDown)
    return () => window.removeEventListener('keydown', onKeyDown)
  }, [act])
}
