import type { Access } from '../order/access-log.ts'
import type { Copier } from './copier.ts'
import { stepping } from './stepper.ts'

/** A part of the destination with a name, for the picture. */
export interface Field {
  readonly name: string
  readonly at: number
  readonly length: number
}

/** Where a scenario's copy goes: byte addresses. */
export interface Place {
  readonly dst: number
  readonly src: number
}

/** Somebody who shares the memory: a driver in the guest, another CPU, a device behind the address. */
export interface Guest {
  /**
   * What it does, one access or so each, in this order; before, between and after the copy's accesses. A step touches
   * one side of the copy, source or destination.
   */
  readonly steps: readonly (() => void)[]
  /** Called after each store of the copy: a device's register acts at once. */
  stored?(access: Access): void
  /** What has gone wrong, asked when the copy is done and all steps are taken. */
  verdict(): string | undefined
}

export interface Scenario {
  readonly name: string
  readonly length: number
  readonly place: Place
  /** More places, where guestmem's copy is tried too. */
  readonly places?: readonly Place[]
  readonly fields: readonly Field[]
  /** Writes the bytes as they are before the copy; all of them are zero. */
  prepare(bytes: Uint8Array, place: Place): void
  /** @param say Notes what the guest does, for the picture. */
  guest(bytes: Uint8Array, place: Place, say: (text: string) => void): Guest
  /** What the bus makes of an access of the copy: the text of a fault, or undefined. */
  fault?(access: Access, place: Place): string | undefined
}

/** Something that the guest did, after so many accesses of the copy. */
export interface Said {
  readonly gap: number
  readonly text: string
}

export interface Run {
  readonly log: readonly Access[]
  readonly said: readonly Said[]
  readonly problem: string | undefined
  /** The bus refused the last access of the log. */
  readonly faulted: boolean
}

class BusFault extends Error {}

/** One run: step i of the guest comes after `schedule[i]` accesses of the copy. */
export function run(copier: Copier, scenario: Scenario, place: Place, schedule: readonly number[]): Run {
  const { bytes } = copier
  const log: Access[] = []
  const said: Said[] = []
  let next = 0
  let gap = 0
  let pending: Access | undefined
  bytes.fill(0)
  scenario.prepare(bytes, place)
  const guest = scenario.guest(bytes, place, text => said.push({ gap, text }))
  const pause = (): void => {
    if (pending?.kind === 'store') guest.stored?.(pending)
    pending = undefined
    for (; next < guest.steps.length && (schedule[next] as number) <= gap; next++) (guest.steps[next] as () => void)()
  }
  let fault: string | undefined
  try {
    stepping(
      () => copier.copy(place.dst, place.src, scenario.length),
      access => {
        if (access.address >= bytes.length) return // the kernels' scratch
        pause()
        log.push(access)
        const refused = scenario.fault?.(access, place)
        if (refused !== undefined) throw new BusFault(refused)
        pending = access
        gap++
      },
    )
  } catch (error) {
    if (!(error instanceof BusFault)) throw error
    fault = error.message
  }
  pause()
  for (; next < guest.steps.length; next++) (guest.steps[next] as () => void)()
  return { log, said, problem: fault ?? guest.verdict(), faulted: fault !== undefined }
}

/** Every schedule: each step of the guest at every point between two accesses. */
export function explore(copier: Copier, scenario: Scenario, place: Place = scenario.place): Run[] {
  const { steps } = scenario.guest(copier.bytes, place, () => undefined)
  const { log } = run(copier, scenario, place, Array(steps.length).fill(Number.POSITIVE_INFINITY))
  return [...schedules(steps.length, log.length)].map(schedule => run(copier, scenario, place, schedule))
}

/** All rising sequences of `steps` numbers from `first` to `last`. */
function* schedules(steps: number, last: number, first = 0): Generator<number[]> {
  if (steps === 0) yield []
  else for (let at = first; at <= last; at++) for (const rest of schedules(steps - 1, last, at)) yield [at, ...rest]
}
