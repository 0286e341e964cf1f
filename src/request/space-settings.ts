import type { Ordering } from '../ram/access/access-order.ts'
import type { DirectAccess } from './route.ts'

/** What a section needs to know of the space that looks through it. */
export interface SpaceSettings {
  /** The target's byte order. */
  readonly big: boolean
  readonly directAccess: DirectAccess
  /** What its single accesses of RAM promise among themselves; `auto` unless said. */
  readonly ordering?: Ordering | undefined
}
