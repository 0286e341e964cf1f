// The machine around the guest: RAM, a card that is plugged in while the guest runs, and a disk.

import { createHash } from 'node:crypto'
import { readSync } from 'node:fs'
import { AddressSpace, detectHost, GuestRam, HOST_PROFILES, MemoryRegion } from 'guestmem'
import { BARS, Card } from './bars.mjs'
import { byMap, bySpace, overtaken } from './carry.mjs'
import { LINE, MIDDLE, QUEUE, RAM_BYTES, requests } from './layout.mjs'
import { memcpyFaults } from './memcpy.mjs'
import { Probe } from './probe.mjs'
import { SECTOR_BYTES, VirtioBlk } from './virtio-blk.mjs'

/** A host with such a card. Guests come and go. */
export class Machine {
  #host
  #ram
  #card
  #probe = new Probe()

  /** @param {import('guestmem').HostName} name */
  constructor(name) {
    this.#host = HOST_PROFILES[name]
    // What an access may be is by the rules of that host; the order of stores rests on the CPU that this really runs on.
    const order = detectHost().keepsStoreOrder ? 'host' : 'language'
    const options = { host: this.#host, order: this.#host.keepsStoreOrder ? order : 'language' }
    this.#ram = GuestRam.allocate(RAM_BYTES, options)
    this.#ram.block('ram', RAM_BYTES)
    this.#card = new Card(options)
  }

  /** What is allocated of BAR 4, bytes. */
  get allocatedBytes() {
    return this.#card.memory[4].allocatedBytes
  }

  /**
   * Runs a guest whose disk reads and writes the memory of a BAR.
   *
   * @param {import('node:worker_threads').Worker} vcpu
   * @param {number} file The disk.
   * @param {object} story
   * @param {2 | 4} story.bar
   * @param {import('guestmem').CacheMode | undefined} story.told How the driver says that it maps the BAR, if it does.
   * @param {import('guestmem').CacheMode | undefined} story.believed What the emulator makes of that.
   * @param {import('guestmem').DirectAccess} story.policy
   * @param {'map' | 'space' | 'overtaken'} story.carry
   */
  async run(vcpu, file, { bar, told, believed, policy, carry }) {
    const system = MemoryRegion.container('system', 2 ** 48)
    system.addSubregion(0, MemoryRegion.ram('ram', this.#ram.blocks[0]))
    const memory = new AddressSpace('memory', system, { directAccess: policy })
    const line = new Int32Array(new SharedArrayBuffer(8))
    const interrupt = word => {
      Atomics.store(line, word, 1)
      Atomics.notify(line, word)
    }
    let late = () => {}
    const ways = { map: byMap, space: bySpace, overtaken: overtaken(store => (late = store)) }
    const disk = new VirtioBlk(memory, file, QUEUE, {
      carry: ways[carry],
      setNeedsReset: () => interrupt(LINE.needsReset),
    })
    const mode = told ?? 'noncached'
    let faults = 0
    disk.onDirect = ({ address, length }) => {
      if (address >= RAM_BYTES) faults += memcpyFaults(this.#host.access[mode], address, length)
    }
    const asked = requests(bar)
    const before = asked.map(request => hashOf(file, request))
    const windows = [MIDDLE[bar] - 1, MIDDLE[bar]].map(offset => this.#window(bar, offset))

    const seen = await new Promise((resolve, reject) => {
      const onExit = code => reject(new Error(`the vCPU ended, exit code ${code}`))
      const onMessage = ({ kick, done }) => {
        late()
        late = () => {}
        if (kick) disk.kick()
        if (kick && Atomics.load(line, LINE.hotAdded) === 0) {
          this.#hotAdd(system, bar, believed)
          // What went to RAM is not what this story is about.
          disk.counts = { directBytes: 0, bouncedBytes: 0, mapFailures: 0 }
          this.#probe.reset()
          interrupt(LINE.hotAdded)
        }
        if (!done) return
        vcpu.off('message', onMessage)
        vcpu.off('error', reject)
        vcpu.off('exit', onExit)
        resolve(done)
      }
      vcpu.on('message', onMessage)
      vcpu.once('error', reject)
      vcpu.once('exit', onExit)
      const different = windows.filter(({ address }, at) => at === 0 || address !== windows[0].address)
      const id = `${this.#host.name} BAR ${bar}`
      vcpu.postMessage({ id, handle: this.#ram.handle, windows: different, line, requests: asked })
    })

    const hazards = seen.flatMap(({ name, hazards = [], sha, frozen }, at) => {
      if (frozen) return []
      const expected = asked[at].write ? hashOf(file, asked[at]) : before[at]
      return sha === expected ? hazards : [...hazards, `${name}: the bytes are not the file's`]
    })
    return {
      ...disk.counts,
      frozen: seen.some(({ frozen }) => frozen),
      why: disk.needsReset,
      requests: seen.filter(({ frozen }) => !frozen).length,
      widths: this.#probe.widths,
      // What acts out a memcpy is not counted as what it stands for.
      kernelBytes: carry === 'overtaken' ? 0 : this.#probe.kernelBytes,
      hazards,
      faults,
    }
  }

  /** All BARs in one transaction: no guest sees half a card. */
  #hotAdd(system, bar, mode) {
    MemoryRegion.transaction(() => {
      for (const index of [0, 2, 4]) {
        const other = { 0: 'device', 2: 'writecombine', 4: 'normal' }[index]
        system.addSubregion(BARS[index].address, this.#card.bar(index, index === bar ? mode : other))
      }
    })
    for (const offset of [MIDDLE[bar] - 1, MIDDLE[bar]])
      this.#probe.clip(this.#card.blockAt(bar, offset).block, mode ?? 'noncached')
  }

  #window(bar, offset) {
    const { block, start } = this.#card.blockAt(bar, offset)
    return { address: BARS[bar].address + start, handle: this.#card.memory[bar].handleOf(block) }
  }
}

function hashOf(file, { sector, segments }) {
  const bytes = new Uint8Array(segments.reduce((sum, { length }) => sum + length, 0))
  readSync(file, bytes, 0, bytes.length, sector * SECTOR_BYTES)
  return createHash('sha1').update(bytes).digest('hex')
}
