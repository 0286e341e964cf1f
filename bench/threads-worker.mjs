// The other thread of bench/threads.mjs: the owner of a machine, a member of one, or a rival's end.
import { workerData } from 'node:worker_threads'
import { AddressSpace, addCoalescing, addEventNotifier, GuestRam, MemoryRegion } from 'guestmem'
import { Attention, Board, Member } from 'guestmem/threads'

/** Words of the rivals: a mailbox, and whether its end is to spin. */
export const ASKED = 0
export const ANSWERED = 16
export const SPINS = 32
export const READY = 48

const { role, port, words, handle, isRunning } = workerData ?? {}

const roles = {
  owner() {
    const ram = GuestRam.allocate(2 ** 22)
    const system = MemoryRegion.container('system', 2 ** 40)
    system.addSubregion(0, MemoryRegion.ram('ram', ram.block('ram', 2 ** 20)))
    let value = 0
    const read = () => value
    const write = (_, stored) => {
      value = stored
    }
    const device = MemoryRegion.io('device', { read, write }, 4096)
    addCoalescing(device, 1024, 1024)
    addEventNotifier(device, { offset: 2048, size: 4 }, () => {
      value++
    })
    system.addSubregion(2 ** 32, device)
    const board = new Board(new AddressSpace('memory', system), ram)
    port.postMessage(board.handle())
    ready()
    board.serve()
  },
  /** Runs, and polls, until the machine is turned off; or halts all the time. */
  member() {
    const cpu = new Member(handle)
    ready()
    cpu.run(() => {
      if (!isRunning) while (!(cpu.halt() & Attention.STOP));
      else while (!(cpu.poll() & Attention.STOP)) cpu.space.load32(64)
    })
  },
  waiting() {
    ready()
    for (let answered = 0; ; ) {
      Atomics.wait(words, ASKED, answered)
      answered = Atomics.load(words, ASKED)
      Atomics.store(words, ANSWERED, answered)
      Atomics.notify(words, ANSWERED)
    }
  },
  spinning() {
    ready()
    for (;;) {
      Atomics.wait(words, SPINS, 0)
      while (Atomics.load(words, SPINS) === 1) {
        const asked = Atomics.load(words, ASKED)
        if (Atomics.load(words, ANSWERED) !== asked) Atomics.store(words, ANSWERED, asked)
      }
    }
  },
  messages() {
    port.on('message', value => port.postMessage(value + 1))
    ready()
  },
}

function ready() {
  Atomics.add(words, READY, 1)
  Atomics.notify(words, READY)
}

roles[role]?.()
