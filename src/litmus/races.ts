import type { Arena } from './arena.ts'
import {
  BYTEWISE,
  COPY_WITHIN,
  type Copy,
  type CopyKind,
  LANGUAGE,
  LAST_FIRST,
  MEMORY_COPY_KIND,
  RAM_MOVE,
  SCRIPT,
  SET,
  SPACE_STORE,
  SPACE_WRITE,
  STORED_TWICE,
} from './copies.ts'
import { accessRace } from './race-access.ts'
import { onceRace } from './race-once.ts'
import { orderRace } from './race-order.ts'
import type { Seen } from './seen.ts'

/** A litmus test: a device that copies, and a guest that looks. */
export interface Race {
  readonly name: string
  /** The hazard's id in the requirements. */
  readonly hazard: string
  /** What may be seen, and what may not; for the table. */
  readonly allowed: string
  readonly forbidden: string
  /** The bytes come from within the guest's own memory. */
  readonly within: boolean
  readonly kinds: readonly CopyKind[]
  /** Copies until `over` says so. */
  device(arena: Arena, copy: Copy, over: () => boolean): void
  /** Looks until the arena is stopped. */
  guest(arena: Arena): Seen
}

const access = (bytes: 2 | 4 | 8): Race => ({
  name: `one access of ${bytes} bytes`,
  hazard: 'H2',
  allowed: 'old value, or new',
  forbidden: 'a mixture of both',
  within: false,
  kinds: [RAM_MOVE, SPACE_STORE, SET, BYTEWISE],
  ...accessRace(bytes),
})

export const RACES: readonly Race[] = [
  {
    name: 'each byte once',
    hazard: 'H10',
    allowed: 'status stays cleared',
    forbidden: 'set again: taken twice',
    within: false,
    kinds: [RAM_MOVE, LANGUAGE, SCRIPT, SPACE_WRITE, SET, MEMORY_COPY_KIND, STORED_TWICE],
    ...onceRace,
  },
  {
    name: 'last byte last',
    hazard: 'H12',
    allowed: 'new words first',
    forbidden: 'a later word newer',
    within: false,
    kinds: [RAM_MOVE, LANGUAGE, SCRIPT, SPACE_WRITE, SET, MEMORY_COPY_KIND, LAST_FIRST],
    ...orderRace({ words: 15, distance: undefined }),
  },
  {
    name: 'overlapping move up',
    hazard: 'H13',
    allowed: 'new words first',
    forbidden: 'a later word newer',
    within: true,
    kinds: [RAM_MOVE, LANGUAGE, SCRIPT, COPY_WITHIN, MEMORY_COPY_KIND, LAST_FIRST],
    ...orderRace({ words: 64, distance: 32 }),
  },
  access(2),
  access(4),
  access(8),
]

export function raceNamed(name: string): Race {
  return RACES.find(race => race.name === name) as Race
}
