import { BIGINT, GUEST, NOTHING, optional, SPACE } from '../kinds.ts'
import { type Argument, arg, type Row, row, unchecked } from '../row.ts'
import { AT } from '../world.ts'
import { STORED } from './bytes-rows.ts'

export const ATTRS: Argument = arg('attrs', optional(NOTHING), ({ attrs }) => attrs)
export const ADDRESS: Argument = arg('address', GUEST, () => AT.ram + 64)
/** Of one register. */
export const REGISTER: Argument = { ...ADDRESS, register: true }
export const SPACE_ARG: Argument = arg('space', SPACE, ({ space }) => space)

const WIDTHS = [8, 16, 32, 64] as const
const FORMS = ['', 'le', 'be'] as const
const names = (verb: 'load' | 'store') =>
  WIDTHS.flatMap(width =>
    FORMS.filter(form => width > 8 || form === '').map(form => ({ width, name: `${verb}${width}${form}` })),
  )

type Access = Record<string, (...args: unknown[]) => unknown>

/** The loads and stores of a space, or of a cache. */
export function accesses(owner: string, of: (world: Parameters<Row['call']>[0]) => unknown, place: Argument): Row[] {
  return [
    ...names('load').map(({ name }) =>
      row(`${owner}.${name}`, [place, ATTRS], (world, ...args) => (of(world) as Access)[name]?.(...args)),
    ),
    ...names('store').map(({ name, width }) =>
      row(
        `${owner}.${name}`,
        // Of the value nothing is checked: its low bits are stored, as a typed array's element takes them.
        [place, unchecked('value', width === 64 ? BIGINT : STORED, () => (width === 64 ? 7n : 7)), ATTRS],
        (world, ...args) => (of(world) as Access)[name]?.(...args),
      ),
    ),
  ]
}
