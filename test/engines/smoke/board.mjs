import { AT, TOLD } from './member.mjs'

/** A machine over two threads, whose owner is this one: on a page it may be the main thread. */
export async function board(checks, guestmem, { door, member }) {
  const { AddressSpace, addCoalescing, GuestRam, MemoryRegion } = guestmem
  const { Board, Member } = door
  const ram = GuestRam.allocate(2 ** 20)
  const system = MemoryRegion.container('system', 2 ** 32)
  const space = new AddressSpace('memory', system)
  if (!ram.shared) {
    checks.throws('a board where no memory is shared', TypeError, () => new Board(space, ram))
    return
  }
  const window = MemoryRegion.ram('window', ram.block('window', 4096))
  let [register, sum] = [40, 0]
  const device = MemoryRegion.io(
    'device',
    {
      read: offset => (offset === 12 ? sum : register),
      write(offset, value) {
        if (offset === 0) register = value
        else if (offset === 4) {
          space.store32(AT.ram + 4, space.load32(AT.ram))
          made.raise(value, 0x80)
        } else if (offset === 8) window.setEnabled(false)
        else {
          sum += value
          if (value === 1000) setTimeout(() => made.stop(), 0)
        }
      },
    },
    16,
  )
  addCoalescing(device, 12, 4)
  system.addSubregion(AT.ram, MemoryRegion.ram('ram', ram.block('ram', 4096)))
  system.addSubregion(AT.window, window)
  system.addSubregion(AT.device, device)
  const errors = []
  const made = new Board(space, ram, { onError: error => errors.push(String(error)) })
  const handle = made.handle()
  if (typeof document !== 'undefined')
    checks.throws("a member on a page's main thread", TypeError, () => new Member(handle))
  const stop = made.listen()
  try {
    const { seen, failure } = await member(handle)
    checks.same('a member of a board', failure, undefined)
    const { register, interrupts, moved, before, after, found, sum } = seen ?? {}
    checks.same('a member loads a register', register, 40)
    checks.same('a member takes an interrupt', interrupts, 0x80)
    checks.same('a member has the DMA before it', moved, TOLD)
    checks.same('a member stores to a window', before, guestmem.MemTxResult.OK)
    checks.same('a member stores to a window that it has taken away', after, guestmem.MemTxResult.DECODE_ERROR)
    checks.same("a member's atomic access of a device", `${found}`, '40,43')
    checks.same("a member's posted stores", sum, 500_500)
    await made.settled
    checks.same('a window that was stored to', space.load32(AT.window) + window.block.view()[0], 5)
    checks.same('errors of handlers', `${errors}`, '')
  } finally {
    stop()
    made.close()
  }
}
