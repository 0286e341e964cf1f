import {
  BYTEWISE,
  COPY_WITHIN,
  type Copy,
  type CopyKind,
  LAST_FIRST,
  MEMORY_COPY,
  RAM_MOVE,
  RAM_MOVE_LANGUAGE,
  RAM_MOVE_SCRIPT,
  SET,
  SPACE_STORE,
  SPACE_WRITE,
  STORED_TWICE,
} from './copies.ts'
import type { Observation } from './observation.ts'
import type { RaceMemory } from './race-memory.ts'
import { storeOrderRace } from './store-order-race.ts'
import { storedOnceRace } from './stored-once-race.ts'
import { tornAccessRace } from './torn-access-race.ts'

/** A litmus test: one thread is a device that copies, the other one a guest that watches what it copies to. */
export interface Race {
  readonly name: string
  /** The id of the hazard that it is about; docs/hazards has a page of them. */
  readonly hazard: string
  /** What the guest may observe, and what it may not, as the table's headings say it. */
  readonly allowed: string
  readonly forbidden: string
  /** The bytes come from the guest's block itself. */
  readonly within: boolean
  readonly kinds: readonly CopyKind[]
  /** The device's thread: copies until `isOver` says so. */
  device(memory: RaceMemory, copy: Copy, isOver: () => boolean): void
  /** The guest's thread: watches until the race is stopped. */
  guest(memory: RaceMemory): Observation
}

const tornAccess = (bytes: 2 | 4 | 8): Race => ({
  name: `one access of ${bytes} bytes`,
  hazard: 'H2',
  allowed: 'old value, or new',
  forbidden: 'a mixture of both',
  within: false,
  kinds: [RAM_MOVE, SPACE_STORE, SET, BYTEWISE],
  ...tornAccessRace(bytes),
})

export const RACES: readonly Race[] = [
  {
    name: 'each byte once',
    hazard: 'H10',
    allowed: 'status stays cleared',
    forbidden: 'set again: taken twice',
    within: false,
    kinds: [RAM_MOVE, RAM_MOVE_LANGUAGE, RAM_MOVE_SCRIPT, SPACE_WRITE, SET, MEMORY_COPY, STORED_TWICE],
    ...storedOnceRace,
  },
  {
    name: 'last byte last',
    hazard: 'H12',
    allowed: 'new words first',
    forbidden: 'a later word newer',
    within: false,
    kinds: [RAM_MOVE, RAM_MOVE_LANGUAGE, RAM_MOVE_SCRIPT, SPACE_WRITE, SET, MEMORY_COPY, LAST_FIRST],
    ...storeOrderRace({ words: 15, distance: undefined }),
  },
  {
    name: 'overlapping move up',
    hazard: 'H13',
    allowed: 'new words first',
    forbidden: 'a later word newer',
    within: true,
    kinds: [RAM_MOVE, RAM_MOVE_LANGUAGE, RAM_MOVE_SCRIPT, COPY_WITHIN, MEMORY_COPY, LAST_FIRST],
    ...storeOrderRace({ words: 64, distance: 32 }),
  },
  tornAccess(2),
  tornAccess(4),
  tornAccess(8),
]
