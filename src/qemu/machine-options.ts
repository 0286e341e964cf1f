import type { MemoryRegionOps } from 'guestmem'
import { checkOptions } from './door-options.ts'
import { shownValue } from './shown-value.ts'

/** What `machineFromJson` and `machineFromMtree` may be told. */
export interface MachineOptions {
  /** The target's byte order; `little` unless said. */
  readonly endian?: 'little' | 'big' | undefined
  /**
   * The handlers of a device, or of a ROM device: asked for each. Where there are none, reads give 0 and writes do
   * nothing.
   */
  readonly ops?:
    | ((region: { readonly name: string; readonly index: number }) => MemoryRegionOps | undefined)
    | undefined
}

/** @throws TypeError naming the option that is not as it must be. */
export function checkMachineOptions(options: MachineOptions | undefined): MachineOptions {
  const { endian, ops } = checkOptions(options, ['endian', 'ops'])
  if (endian !== undefined && endian !== 'little' && endian !== 'big')
    throw new TypeError(`options.endian must be one of little, big, got ${shownValue(endian)}`)
  if (ops !== undefined && typeof ops !== 'function')
    throw new TypeError(`options.ops must be a function, got ${shownValue(ops)}`)
  return { endian, ops: ops as MachineOptions['ops'] }
}
