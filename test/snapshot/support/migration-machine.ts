import { createHash } from 'node:crypto'
import { AddressSpace, GuestRam, MemoryRegion, type RamBlock } from 'guestmem'

/** The machine that is moved: the same in the source and in the target. */
export interface MigrationMachine {
  readonly ram: GuestRam
  readonly block: RamBlock
  readonly region: MemoryRegion
  readonly space: AddressSpace
  readonly device: { count: number; text: string }
  readonly devices: { readonly device: { save(): unknown; load(state: unknown): void } }
  /** Of all of its memory, its map and its device. */
  checksum(): string
  /** The same, with turns of the event loop in between: another machine of this process may just stand still to be moved. */
  checksumInTurns(): Promise<string>
}

/** How much is summed up between two turns, bytes: a millisecond. */
const TURN = 2 ** 20

export function migrationMachine(bytes: number): MigrationMachine {
  const ram = GuestRam.allocate(bytes)
  const block = ram.block('ram', bytes)
  const root = MemoryRegion.container('root', 2 ** 40)
  const region = MemoryRegion.ram('ram', block)
  root.addSubregion(0, region)
  const device = { count: 0, text: '' }
  const others = () => `${region.address} ${device.count} ${device.text}`
  return {
    ram,
    block,
    region,
    device,
    space: new AddressSpace('space', root),
    devices: {
      device: {
        save: () => ({ ...device }),
        load: (state: unknown) => {
          Object.assign(device, state)
        },
      },
    },
    checksum: () => createHash('sha1').update(block.view()).update(others()).digest('hex'),
    async checksumInTurns() {
      const hash = createHash('sha1')
      for (let at = 0; at < bytes; at += TURN) {
        hash.update(block.view(at, Math.min(TURN, bytes - at)))
        await new Promise(resolve => setImmediate(resolve))
      }
      return hash.update(others()).digest('hex')
    },
  }
}
