// One machine over several threads: what a member's accesses cost, and what a change of the map does, against what is to be
// reached, and against what a program does by hand: postMessage both ways, and a mailbox in shared memory, asleep or spinning.
import { availableParallelism } from 'node:os'
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { AddressSpace, atomicCompareExchange32, GuestRam, MemoryRegion } from 'guestmem'
import { Board, Member } from 'guestmem/threads'
import { ANSWERED, ASKED, READY, SPINS } from './threads-worker.mjs'

const DEVICE = 2 ** 32
const US = 1000
const MS = 1e6

const row = (name, rival, ours, theirs) => ({ case: `threads, ${name}`, bytes: 0, align: '', rival, ours, theirs })

/** Starts a thread and waits for it: nothing here goes back to the event loop meanwhile. */
function start(role, words, more = {}, transferList = []) {
  const before = Atomics.load(words, READY)
  const url = new URL('./threads-worker.mjs', import.meta.url)
  const worker = new Worker(url, { workerData: { role, words, ...more }, transferList })
  Atomics.wait(words, READY, before)
  return worker
}

const newWords = () => new Int32Array(new SharedArrayBuffer(256))

/** Each machine is built when its turn comes, and gone after it. */
export function* threads(smoke) {
  yield* accesses()
  yield* change('7 halted', 7, false, '0.1 ms', 0.1 * MS)
  const cores = availableParallelism()
  yield* change('a core each', smoke ? 1 : Math.max(1, cores - 1), true, '0.2 ms', 0.2 * MS)
  yield* change('2 per core', smoke ? 2 : 2 * cores - 1, true, '5 ms', 5 * MS)
  yield* movedBar()
}

function* accesses() {
  const words = newWords()
  const { port1: toOwner, port2: ownerPort } = new MessageChannel()
  const owner = start('owner', words, { port: ownerPort }, [ownerPort])
  const cpu = new Member(receiveMessageOnPort(toOwner).message)
  const { space } = cpu
  const within = body => reps => cpu.run(() => body(reps))
  const loads = from => reps => {
    let sum = 0
    for (let i = 0; i < reps; i++) sum += from.load32((i & 1023) * 4)
    return sum
  }
  const block = GuestRam.allocate(2 ** 20).block('ram', 2 ** 20)
  const alone = new AddressSpace('alone', MemoryRegion.ram('ram', block))
  yield row('load32 of RAM', 'one thread', within(loads(space)), loads(alone))
  yield row(
    'compareExchange32',
    'one thread',
    within(reps => {
      for (let i = 0; i < reps; i++) atomicCompareExchange32(space, 64, 0, 0)
    }),
    reps => {
      for (let i = 0; i < reps; i++) atomicCompareExchange32(alone, 64, 0, 0)
    },
  )
  const poll = within(reps => {
    let why = 0
    for (let i = 0; i < reps; i++) why |= cpu.poll()
    return why
  })
  yield row('poll', '8 ns', poll, 8)
  const forwarded = within(reps => {
    let sum = 0
    for (let i = 0; i < reps; i++) sum += space.load32(DEVICE)
    return sum
  })
  yield row('load of a device', '1.3 us', forwarded, 1.3 * US)
  const stores = at =>
    within(reps => {
      for (let i = 0; i < reps; i++) space.store32(DEVICE + at, i)
      // All of them are made.
      space.load32(DEVICE)
    })
  yield row('posted store to a device', '6 M/s', stores(1024), 1e9 / 6e6)
  yield row('doorbell by notifier', '0.5 us', stores(2048), 0.5 * US)

  const spinning = start('spinning', words)
  yield row('load of a device', 'a mailbox that spins', forwarded, reps => {
    Atomics.store(words, SPINS, 1)
    Atomics.notify(words, SPINS)
    for (let i = 0; i < reps; i++) {
      const asked = Atomics.add(words, ASKED, 1) + 1
      while (Atomics.load(words, ANSWERED) !== asked);
    }
    Atomics.store(words, SPINS, 0)
  })
  spinning.terminate()
  const mail = newWords()
  const waiting = start('waiting', mail)
  yield row('load of a device', 'a mailbox, Atomics.wait', forwarded, reps => {
    for (let i = 0; i < reps; i++) {
      const asked = Atomics.add(mail, ASKED, 1) + 1
      Atomics.notify(mail, ASKED)
      while (Atomics.load(mail, ANSWERED) !== asked) Atomics.wait(mail, ANSWERED, asked - 1)
    }
  })
  waiting.terminate()
  const { port1: near, port2: far } = new MessageChannel()
  const messages = start('messages', words, { port: far }, [far])
  yield row('load of a device', 'postMessage both ways', forwarded, reps => {
    let value = 0
    for (let i = 0; i < reps; i++) {
      near.postMessage(value)
      let answer
      do answer = receiveMessageOnPort(near)
      while (answer === undefined)
      value = answer.message
    }
    return value
  })
  messages.terminate()
  near.close()
  toOwner.close()
  owner.terminate()
}

/** A machine whose owner is this thread. */
function machine() {
  const ram = GuestRam.allocate(2 ** 23)
  const system = MemoryRegion.container('system', 2 ** 40)
  const window = MemoryRegion.ram('window', ram.block('window', 2 ** 16))
  const bar = MemoryRegion.io('bar', { read: () => 0, write: () => {} }, 4096)
  system.addSubregion(0, MemoryRegion.ram('ram', ram.block('ram', 2 ** 20)))
  system.addSubregion(2 ** 32, window)
  system.addSubregion(2 ** 33, bar)
  const space = new AddressSpace('memory', system)
  return { board: new Board(space, ram, { members: 64 }), window, bar, space }
}

/** Until no thread uses the former map: a thread that may wait has no need of `settled`. */
function settle(board) {
  let isSettled = false
  board.afterSettled(() => {
    isSettled = true
  })
  if (!isSettled) board.serve(() => isSettled)
}

/** @param isRunning Members run and poll; else they halt. */
function* change(who, count, isRunning, limit, nanoseconds) {
  const { board, window } = machine()
  const words = newWords()
  for (let i = 0; i < count; i++) start('member', words, { handle: board.handle(), isRunning })
  const ours = reps => {
    for (let i = 0; i < reps; i++) {
      window.setEnabled(!window.enabled)
      settle(board)
    }
  }
  yield row(`map change, ${who}`, limit, ours, nanoseconds)
  board.stop()
}

function* movedBar() {
  const { board, bar, space } = machine()
  const words = newWords()
  start('member', words, { handle: board.handle(), isRunning: false })
  const ours = reps => {
    let ranges = 0
    for (let i = 0; i < reps; i++) {
      bar.setAddress(2 ** 33 + (i & 15) * 4096)
      ranges += space.view.ranges.length
      settle(board)
    }
    return ranges
  }
  yield row('a BAR that moves', '20 us', ours, 20 * US)
  board.stop()
}
