import type { MemTxAttrs } from 'guestmem'
import { addressIn, firstAddress } from './request-map.ts'
import {
  type Action,
  ADDRESS_LIMIT,
  attrsIndex,
  type DeviceSpec,
  FORMS,
  type MapChange,
  noise,
  type PlaceSpec,
  type Plan,
  type Request,
  type Spot,
  type WorldSpec,
} from './request-spec.ts'

/** What a handler answers: `value` has more bits than it should, which are to be cut off; not OK, it counts for nothing. */
export interface Answer {
  readonly value: bigint
  readonly result: number
}

export class HandlerBug extends Error {}

/**
 * What the library's side and the reference's have in common: devices that write down how they are called and do what is
 * planned, and the log of all that can be seen from outside.
 */
export abstract class Machine {
  readonly world: WorldSpec
  log: string[] = []
  readonly #plans: readonly Plan[]
  #calls = 0
  #running = 0
  #latest = 0

  constructor(world: WorldSpec, plans: readonly Plan[]) {
    this.world = world
    this.#plans = plans
  }

  protected abstract request(request: Request, address: number): string
  protected abstract change(change: MapChange): void

  /** One step of the stream: what it throws is a part of what is seen. */
  step(action: Action): void {
    try {
      this.#act(action, true)
    } catch (error) {
      if (!(error instanceof HandlerBug)) throw error
      this.log.push('thrown')
    }
  }

  #act(action: Action, first: boolean): void {
    if (action.kind === 'throw') throw new HandlerBug('planned')
    if ('place' in action) this.change(action)
    else {
      const address = this.#addressOf(action.spot)
      if (first) this.#running = address
      this.#latest = address
      this.log.push(`${describe(action)} at ${hex(address)}`)
      this.log.push(`  = ${this.request(action, address)}`)
    }
  }

  #addressOf({ of, index, delta }: Spot): number {
    const { places, islands } = this.world
    if (of === 'island') return addressIn(islands, index, delta)
    const place = places[index % places.length] as PlaceSpec
    let near = firstAddress(this.world, place) + (of === 'end' ? place.size : 0)
    if (of === 'running') near = this.#running
    if (of === 'twin') near = (this.#latest % 2 ** 32) + (index % 3) * 2 ** 32
    return Math.min(Math.max(near + delta, 0), ADDRESS_LIMIT - 1)
  }

  /** A handler is called. */
  protected called(
    place: number,
    name: string,
    offset: number,
    size: number,
    attrs: MemTxAttrs,
    value?: bigint,
  ): Answer {
    const written = value === undefined ? '' : ` ${hex(value)}`
    this.log.push(`  ${name} of ${place}, ${size} at ${offset}${written}, attrs ${attrsIndex(attrs)}`)
    const call = this.#calls++
    for (const plan of this.#plans) if (plan.call === call) this.#act(plan.action, false)
    const { faulty } = this.deviceOf(place)
    const low = noise(call, offset, size)
    const bits = (BigInt(noise(low)) << 32n) | BigInt(low)
    // Below zero, or of more bits than the size has.
    const junk = size === 8 ? -(bits << 8n) - bits : BigInt.asIntN(45, bits)
    return { value: junk, result: faulty && low % 5 === 0 ? (low >>> 8) % 8 : 0 }
  }

  /** A device's `accepts`. */
  protected accepts(place: number, offset: number, size: number, isWrite: boolean, attrs: MemTxAttrs): boolean {
    const how = isWrite ? 'write' : 'read'
    this.log.push(`  accepts of ${place}, ${how} of ${size} at ${offset}, attrs ${attrsIndex(attrs)}`)
    return noise(offset, size, Number(isWrite)) % 4 !== 0
  }

  protected deviceOf(place: number): DeviceSpec {
    return (this.world.places[place] as PlaceSpec).device
  }
}

export function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`
}

function describe(request: Request): string {
  const attrs = `attrs ${request.attrs}`
  if (request.kind === 'load') return `load${request.form}, ${attrs}`
  if (request.kind === 'store')
    return `store${request.form} ${hex(BigInt.asUintN(8 * FORMS[request.form][0], request.value))}, ${attrs}`
  if (request.kind === 'fill') return `fill ${request.length} with ${hex(request.byte)}, ${attrs}`
  const { of, at, length } = request.buffer
  return `${request.kind} ${length}, ${of} at ${at}, ${attrs}`
}
