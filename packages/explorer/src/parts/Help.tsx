// The sheet of keys.
import { useEffect, useRef, useState } from 'react'
import type { KeyboardEvent, ReactNode } from 'react'
import { areShortcutsOn, setShortcutsOn, shortcuts } from '../shortcuts.ts'

/** The sheet; the browser's own dialog keeps the focus inside and gives it back. */
export function Help(props: { readonly isOpen: boolean; readonly onClose: () => void }): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null)
  const [isOn, setOn] = useState(areShortcutsOn)
  useEffect(() => {
    if (props.isOpen) dialog.current?.showModal()
    else dialog.current?.close()
  }, [props.isOpen])
  // The browser tells of its own closing a moment late: a `?` in between must find the sheet closed, and stay in force.
  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return
    event.preventDefault()
    props.onClose()
  }
  function onClosed(): void {
    if (dialog.current?.open !== true) props.onClose()
  }
  return (
    <dialog ref={dialog} className="help" aria-labelledby="help-heading" onKeyDown={onKeyDown} onClose={onClosed}>
      <h2 id="help-heading">Keys</h2>
      <dl className="keys">
        {shortcuts.map(({ keys, says }) => (
          <div key={says}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{says}</dd>
          </div>
        ))}
      </dl>
      <label className="check">
        <input
          type="checkbox"
          checked={isOn}
          onChange={(event) => {
            setOn(event.target.checked)
            setShortcutsOn(event.target.checked)
          }}
        />
        Single keys act
      </label>
      <button type="button" onClick={props.onClose}>
        Close
      </button>
    </dialog>
  )
}
