// A link to an operation, its id shortened in the middle.
import type { ReactNode } from 'react'
import { shorten } from '../names.ts'
import { Link } from './Link.tsx'

/** A link to the page of an operation. */
export function OperationLink(props: {
  readonly operation: string
  readonly children?: ReactNode
  readonly tabIndex?: number | undefined
  readonly isMain?: boolean
}): ReactNode {
  return (
    <Link
      to={{ page: 'operation', operation: props.operation }}
      title={props.operation}
      className="id"
      tabIndex={props.tabIndex}
      isMain={props.isMain === true}
    >
      {props.children ?? shorten(props.operation)}
    </Link>
  )
}
