import { checkFunction, checkObject, show } from '../check.ts'
import { Decoder, Malformed } from './decoder.ts'
import { Encoder } from './encoder.ts'
import { MAX_DESCRIPTION } from './layout.ts'
import { decodeValue, encodeValue } from './values.ts'

/** A device whose state is saved beside the memory. */
export interface SavedDevice {
  /**
   * Its state as it is now: any value of undefined, null, booleans, numbers, bigints, strings, typed arrays and ArrayBuffers,
   * and of arrays, plain objects, Maps and Sets of these. It is copied at once. Not a promise.
   */
  save(): unknown
  /** Takes a state that `save` gave, maybe in another process. Where it throws, it has changed nothing of the device. */
  load(state: unknown): void
}

/** Devices, each by a name that it has in every process. */
export type SavedDevices = Readonly<Record<string, SavedDevice>>

export type NamedDevice = readonly [name: string, device: SavedDevice]

/** @throws TypeError naming the device. */
export function checkDevices(value: unknown): NamedDevice[] {
  if (value === undefined) return []
  const given = checkObject(value, 'options.devices')
  return Object.keys(given).map(name => {
    const argument = `options.devices[${show(name)}]`
    const device = given[name]
    const fields = checkObject(device, argument)
    for (const method of ['save', 'load'] as const) checkFunction(fields[method], `${argument}.${method}`)
    return [name, device as SavedDevice]
  })
}

/** The states of all devices, as the payload of a file. @throws What `save` throws, and what `encodeValue` does. */
export function saveDevices(devices: readonly NamedDevice[]): Uint8Array {
  const to = new Encoder()
  to.u32(devices.length)
  for (const [name, device] of devices) {
    to.text(name)
    const at = to.length
    to.u32(0)
    const state = device.save()
    const path = `options.devices[${show(name)}].save()`
    if (typeof (state as { then?: unknown } | null | undefined)?.then === 'function')
      throw new TypeError(`${path} must be a state, got a promise: wait for it before the machine is saved`)
    encodeValue(to, state, path)
    if (to.length > MAX_DESCRIPTION)
      throw new RangeError(
        `${path} must leave the states of all devices within ${MAX_DESCRIPTION} bytes: what is larger belongs in RAM blocks (options.blocks)`,
      )
    to.patchU32(at, to.length - at - 4)
  }
  return to.bytes
}

/** Where the state of each device lies in the payload, not decoded. @throws Malformed */
export function readDevices(payload: Uint8Array): Map<string, Uint8Array> {
  const from = new Decoder(payload)
  const states = new Map<string, Uint8Array>()
  for (let left = from.count(8); left > 0; left--) {
    const name = from.text()
    if (states.has(name)) throw new Malformed(`device ${show(name)} is in it twice`)
    states.set(name, from.raw(from.u32()))
  }
  from.end()
  return states
}

/** The state of each of these devices. @throws Malformed where a device has none, or there is one of no device. */
export function statesOf(payload: Uint8Array, devices: readonly NamedDevice[]): unknown[] {
  const states = readDevices(payload)
  const given = new Set(devices.map(([name]) => name))
  for (const name of states.keys())
    if (!given.has(name))
      throw new Malformed(`it has the state of a device ${show(name)}, which is not in options.devices`)
  return devices.map(([name]) => {
    const bytes = states.get(name)
    if (bytes === undefined) throw new Malformed(`it has no state of options.devices[${show(name)}]`)
    const from = new Decoder(bytes)
    const state = decodeValue(from)
    from.end()
    return state
  })
}

/**
 * Gives each device its state.
 *
 * @returns Gives the devices their former states again.
 * @throws What a device's `load` throws, and every device has its former state again.
 */
export function loadDevices(devices: readonly NamedDevice[], states: readonly unknown[]): () => void {
  const before = saveDevices(devices)
  let loaded = 0
  const undo = (): void => {
    const former = statesOf(before, devices)
    // The one whose `load` has thrown has changed nothing, or so it says: it gets its former state as well.
    for (let i = Math.min(loaded, devices.length - 1); i >= 0; i--) {
      try {
        devices[i]?.[1].load(former[i])
      } catch {}
    }
  }
  try {
    for (const [index, [, device]] of devices.entries()) {
      loaded = index
      device.load(states[index])
    }
    loaded = devices.length
  } catch (error) {
    undo()
    throw error
  }
  return undo
}
