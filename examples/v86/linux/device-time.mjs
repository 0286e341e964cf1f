// How long the disk takes for what Linux asks of it, next to the same disk with v86's own copies under it.

import { byMap } from '../../gh100/carry.mjs'
import { VirtioBlk } from '../../gh100/virtio-blk.mjs'
import { BlobMemory } from './blob-memory.mjs'
import { DROP_CACHES } from './disk.mjs'
import { commonest, compared } from './turns.mjs'

const PASSES = 10
const ROUNDS = 2000
/** After that long the engine has compiled both, on a machine that others use, too. */
const WARM_MS = 1000
/** Direct: from and to pages of dd's own that are apart, as many of them as one request may have. */
const READ = 'dd if=/dev/vda of=/dev/null bs=56k iflag=direct 2>/dev/null'
const WRITE = 'dd if=/run/image of=/dev/vda bs=56k oflag=direct conv=notrunc 2>/dev/null'
const READ_AHEAD = `${DROP_CACHES}; dd if=/dev/vda of=/dev/null bs=1M 2>/dev/null`
/** What is written is what is there. */
const COPY = 'dd if=/dev/vda of=/run/image bs=56k count=150 2>/dev/null'

/** The disk's class for `virtioBlkPci`, and what it measures. */
export class DeviceTime {
  #blobs
  /** Whether the next kick is by v86's own copies, and whether that changes with each. */
  #own = false
  #takesTurns = false
  /** Of each kick with requests: how it was done, how long it took, us, and the data of its requests. */
  #served = []

  constructor(bridge) {
    this.bridge = bridge
    this.#blobs = new BlobMemory(bridge.cpu)
  }

  /** @returns {typeof VirtioBlk} */
  get Disk() {
    const time = this
    return class extends VirtioBlk {
      #space
      #segments

      constructor(memory, file, queue, options) {
        const carry = (disk, segments, position, read) => {
          this.#segments.push(...segments)
          return byMap(disk, segments, position, read)
        }
        super(memory, file, queue, { ...options, carry })
        this.#space = memory
      }

      kick() {
        const own = time.#own
        this.#segments = []
        this.memory = own ? time.#blobs : this.#space
        const start = performance.now()
        super.kick()
        const us = (performance.now() - start) * 1000
        if (this.#segments.length === 0) return
        time.#served.push({ own, us, segments: this.#segments, bytes: total(this.#segments) })
        if (time.#takesTurns) time.#own = !own
      }
    }
  }

  /** What the disk serves while the guest runs a command. */
  async #during(shell, command) {
    this.#served = []
    await shell.run(command)
    return this.#served
  }

  /**
   * Of whole requests, from the guest's notification to the used ring, the file included, in turns with guestmem and with
   * v86's own copies.
   *
   * @param {import('./shell.mjs').Shell} shell
   */
  async ofRequests(shell) {
    await shell.run(COPY)
    const rows = []
    for (const [name, command] of Object.entries({ read: READ, 'read ahead': READ_AHEAD, write: WRITE })) {
      const passes = []
      for (let pass = 0; pass < PASSES; pass++) {
        // The guest's requests come in the same order: each pass begins with the other way.
        this.#own = pass % 2 === 1
        this.#takesTurns = true
        passes.push(await this.#during(shell, command))
        this.#takesTurns = false
      }
      this.#own = false
      const bytes = commonest(passes.flat().map(one => one.bytes))
      const pairs = passes.flatMap(served => pairsOf(served.filter(one => one.bytes === bytes)))
      const inMiB = pairs.map(({ ours, own }) => ({ ours: perMiB(ours, bytes), own: perMiB(own, bytes) }))
      rows.push(compared(`requests to ${name} ${kib(bytes)}`, inMiB))
    }
    return rows
  }

  /**
   * Of the copies alone, to and from where the largest request of a kind has its data. The guest does not run meanwhile, and
   * gets the bytes that are there.
   *
   * @param {import('./shell.mjs').Shell} shell
   */
  async ofCopies(shell) {
    const { cpu, dma } = this.bridge
    const toRam = await this.#during(shell, READ)
    const fromRam = await this.#during(shell, WRITE)
    return [
      compareCopies('to RAM', cpu, largest(toRam).segments, {
        ours: (address, bytes) => dma.write(address, bytes),
        own: (address, bytes) => cpu.write_blob(bytes, address),
      }),
      compareCopies('from RAM', cpu, largest(fromRam).segments, {
        ours: (address, bytes) => dma.read(address, bytes),
        own: (address, bytes) => bytes.set(cpu.read_blob(address, bytes.length)),
      }),
    ]
  }
}

/** Neighbours of which one was done by the one way, one by the other. */
function pairsOf(served) {
  const pairs = []
  for (let index = 1; index < served.length; index += 2) {
    const [one, other] = [served[index - 1], served[index]]
    if (one.own !== other.own) pairs.push(one.own ? { ours: other.us, own: one.us } : { ours: one.us, own: other.us })
  }
  return pairs
}

function compareCopies(name, cpu, segments, ways) {
  const places = segments.map(segment => {
    const address = Number(segment.address)
    return { address, bytes: Uint8Array.from(cpu.read_blob(address, segment.length)) }
  })
  const pairs = []
  const warm = performance.now() + WARM_MS
  for (let round = 0; pairs.length < ROUNDS * places.length; round++)
    for (const { address, bytes } of places) {
      const pair = {}
      for (const whose of round % 2 === 0 ? ['ours', 'own'] : ['own', 'ours']) {
        // Once before, so that both find the bytes in the CPU's caches.
        ways[whose](address, bytes)
        const start = performance.now()
        ways[whose](address, bytes)
        pair[whose] = perMiB((performance.now() - start) * 1000, bytes.length)
      }
      if (performance.now() >= warm) pairs.push(pair)
    }
  return compared(`copies ${name} of ${kib(commonest(segments.map(({ length }) => length)))}`, pairs)
}

function largest(served) {
  return served.reduce((most, one) => (one.bytes > most.bytes ? one : most))
}

function total(segments) {
  return segments.reduce((sum, { length }) => sum + length, 0)
}

function perMiB(us, bytes) {
  return (us / bytes) * 2 ** 20
}

function kib(bytes) {
  return `${Math.round(bytes / 1024)} KiB`
}
