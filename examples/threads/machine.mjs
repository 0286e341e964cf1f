// `node examples/threads/machine.mjs`: a machine of two vCPUs, each in a thread; its map and devices are in this one.
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { Attention, Board, Member } from 'guestmem/threads'

if (isMainThread) {
  const ram = GuestRam.allocate(16 * 2 ** 20)
  const system = MemoryRegion.container('system', 2 ** 32)
  const window = MemoryRegion.ram('window', ram.block('vram', 2 ** 20))
  const uart = { read: () => 0x60, write: (_, byte) => void process.stdout.write(String.fromCharCode(byte)) }
  const power = { read: () => 0, write: at => (at === 0 ? window.setEnabled(false) : board.stop()) }
  system.addSubregion(0, MemoryRegion.ram('ram', ram.block('ram', 2 ** 20)))
  system.addSubregion(0x4000_0000, window)
  system.addSubregion(0x9000_0000, MemoryRegion.io('uart', uart, 8))
  system.addSubregion(0x9000_1000, MemoryRegion.io('power', power, 8))
  const board = new Board(new AddressSpace('memory', system), ram)
  const stop = board.listen()
  const threads = [0, 1].map(() => new Worker(new URL(import.meta.url), { workerData: board.handle() }))
  await Promise.all(threads.map(thread => new Promise(resolve => thread.once('exit', resolve))))
  stop()
  process.stdout.write('\n')
} else {
  const cpu = new Member(workerData)
  const { space } = cpu
  // The guest: each vCPU says its letters. The first one takes the window away, and turns the machine off.
  cpu.run(() => {
    for (const letter of ['ab', 'AB'][cpu.id]) space.store8(0x9000_0000, letter.charCodeAt(0))
    if (cpu.id === 0) {
      space.store32(0x9000_1000, 0)
      space.load32(0x4000_0000)
      space.store8(0x9000_0000, space.result === 2 ? 0x2b : 0x2d)
      space.store32(0x9000_1004, 0)
    }
    while (!(cpu.halt() & Attention.STOP));
  })
}
