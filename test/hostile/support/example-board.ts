import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import * as dma from '../../../examples/devices/dma-engine.mjs'
import { Edu } from '../../../examples/devices/edu.mjs'
import { FwCfg } from '../../../examples/devices/fw-cfg.mjs'
import { I440FX_PAM0, Pam } from '../../../examples/devices/pam.mjs'
import { PciTestdev } from '../../../examples/devices/pci-testdev.mjs'
import { byMap, bySpace } from '../../../examples/gh100/carry.mjs'
import { VirtioBlk } from '../../../examples/gh100/virtio-blk.mjs'

const PAGE = 4096
const SECTORS = 16
const QUEUE = { desc: 0x1000, avail: 0x1200, used: 0x1400 }
const RING = 0x2000
const RING_SIZE = 8
const ACCESS = 0x3000
const RAM_BYTES = 16 * PAGE

const DEVICES = {
  engine: 0x10_0000,
  edu: 0x20_0000,
  fwcfg: 0x30_0000,
  ports: 0x31_0000,
  testdev: 0x40_0000,
  ram: 0,
} as const

/** What a guest's driver does, right or wrong. */
export type DriverOp =
  | {
      readonly op: 'store'
      readonly to: keyof typeof DEVICES
      readonly offset: number
      readonly size: 1 | 2 | 4 | 8
      readonly value: bigint
    }
  | { readonly op: 'load'; readonly to: keyof typeof DEVICES; readonly offset: number; readonly size: 1 | 2 | 4 | 8 }
  | {
      readonly op: 'ring'
      readonly index: number
      readonly address: bigint
      readonly length: number
      readonly flags: number
    }
  | {
      readonly op: 'queue'
      readonly index: number
      readonly address: bigint
      readonly length: number
      readonly flags: number
      readonly next: number
    }
  | { readonly op: 'firmware'; readonly control: number; readonly length: number; readonly address: bigint }
  | { readonly op: 'start' | 'kick' | 'later' }
  | { readonly op: 'pam'; readonly offset: number; readonly value: number }

const offset = fc.oneof(
  fc.nat(0x28).map(at => at * 4),
  fc.nat(0x110),
)
const size = fc.constantFrom(1 as const, 2 as const, 4 as const, 8 as const)
const device = fc.constantFrom(...(Object.keys(DEVICES) as (keyof typeof DEVICES)[]))
/** Where descriptors lead: memory, registers, nothing, past all addresses. */
const address = fc.oneof(
  { weight: 4, arbitrary: fc.nat(RAM_BYTES).map(BigInt) },
  { weight: 3, arbitrary: fc.tuple(device, fc.nat(0x110)).map(([to, at]) => BigInt(DEVICES[to] + at)) },
  { weight: 1, arbitrary: fc.bigInt(0n, 2n ** 64n - 1n) },
  { weight: 1, arbitrary: fc.constantFrom(2n ** 32n - 1n, 2n ** 53n - 8n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n) },
)
const length = fc.oneof(
  { weight: 4, arbitrary: fc.nat(1024) },
  { weight: 2, arbitrary: fc.constantFrom(0, 1, 16, 512, PAGE, RAM_BYTES, RAM_BYTES + 1, 2 ** 20) },
  { weight: 1, arbitrary: fc.nat(2 ** 32 - 1) },
)
const u16 = fc.nat(0xffff)
const small = fc.oneof({ weight: 5, arbitrary: fc.nat(8) }, { weight: 1, arbitrary: u16 })

export const driverOp: fc.Arbitrary<DriverOp> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constant('store' as const),
      to: device,
      offset,
      size,
      value: fc.bigInt(0n, 2n ** 64n - 1n),
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('load' as const), to: device, offset, size }) },
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant('ring' as const),
      index: fc.nat(RING_SIZE - 1),
      address,
      length,
      flags: fc.nat(7),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant('queue' as const),
      index: fc.nat(4),
      address,
      length,
      flags: fc.nat(3),
      next: small,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('firmware' as const),
      control: fc.oneof(fc.nat(31), fc.constantFrom(0x19_000a, 0x20_000a, 0x20_0018, 0x0001_000a)),
      length,
      address,
    }),
  },
  { weight: 6, arbitrary: fc.record({ op: fc.constantFrom('start' as const, 'kick' as const, 'later' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('pam' as const), offset: fc.nat(8), value: fc.nat(0xff) }) },
)

let shared: GuestRam | undefined

/** The devices of the examples, with a driver that means harm. */
export class ExampleBoard {
  readonly memory: AddressSpace
  readonly #ram: GuestRam
  readonly #own: ReturnType<GuestRam['block']>
  readonly #canaries: readonly ReturnType<GuestRam['block']>[]
  readonly #later: (() => void)[] = []
  readonly #folder: string = mkdtempSync(join(tmpdir(), 'guestmem-hostile-'))
  readonly #file: number
  readonly #disk: VirtioBlk
  readonly #pam: Pam
  #available = 0

  constructor(carry: 'map' | 'space', bounceBytes: number) {
    shared ??= GuestRam.allocate(2 ** 25)
    this.#ram = shared
    this.#canaries = [this.#ram.block('canary', PAGE)]
    this.#own = this.#ram.block('own', RAM_BYTES)
    this.#canaries = [...this.#canaries, this.#ram.block('canary', PAGE)]
    if (this.#own.offset + 4 * RAM_BYTES > 2 ** 25) shared = undefined
    for (const block of this.#canaries) block.view().fill(0xc5)
    const system = MemoryRegion.container('system', 2 ** 53)
    const ram = MemoryRegion.ram('ram', this.#own)
    system.addSubregion(0, ram)
    const pci = MemoryRegion.container('pci', 2 ** 32)
    this.memory = new AddressSpace('memory', system, { bounceBytes, directAccess: 'normal-only' })
    this.#pam = new Pam(system, ram, pci)
    const engine = new dma.DmaEngine(this.memory)
    system.addSubregion(DEVICES.engine, engine.region)
    const edu = new Edu(this.memory, { dmaMask: 2 ** 53 - 1, schedule: work => void this.#later.push(work) })
    system.addSubregion(DEVICES.edu, edu.region)
    const firmware = new FwCfg(this.memory)
    firmware.addFile('opt/a', new Uint8Array(300).fill(7))
    firmware.addFile('opt/writable', new Uint8Array(64), true)
    firmware.mapMemory(system, DEVICES.fwcfg)
    firmware.mapPorts(system, DEVICES.ports)
    system.addSubregion(DEVICES.testdev, new PciTestdev().memory)
    const path = join(this.#folder, 'disk')
    writeFileSync(path, new Uint8Array(512 * SECTORS))
    this.#file = openSync(path, 'r+')
    this.#disk = new VirtioBlk(this.memory, this.#file, QUEUE, { carry: carry === 'map' ? byMap : bySpace })
    this.memory.store32le(DEVICES.engine + dma.RING_LOW, RING)
    this.memory.store32le(DEVICES.engine + dma.RING_SIZE, RING_SIZE)
    this.memory.store32le(DEVICES.engine + dma.CONTROL, dma.CONTROL_RUN)
  }

  carryOut(op: DriverOp): void {
    const { memory } = this
    switch (op.op) {
      case 'store': {
        const at = DEVICES[op.to] + op.offset
        if (op.size === 8) memory.store64(at, op.value)
        else if (op.size === 4) memory.store32(at, Number(op.value & 0xffff_ffffn))
        else if (op.size === 2) memory.store16(at, Number(op.value & 0xffffn))
        else memory.store8(at, Number(op.value & 0xffn))
        break
      }
      case 'load':
        memory.read(DEVICES[op.to] + op.offset, new Uint8Array(op.size))
        break
      case 'ring': {
        const at = RING + op.index * dma.DESCRIPTOR_BYTES
        memory.store64le(at + dma.ADDRESS, op.address)
        memory.store32le(at + dma.LENGTH, op.length)
        memory.store32le(at + dma.FLAGS, op.flags)
        break
      }
      case 'queue': {
        const at = QUEUE.desc + 16 * op.index
        memory.store64le(at, op.address)
        memory.store32le(at + 8, op.length)
        memory.store16le(at + 12, op.flags)
        memory.store16le(at + 14, op.next)
        break
      }
      case 'firmware':
        memory.store32be(ACCESS, op.control)
        memory.store32be(ACCESS + 4, op.length)
        memory.store64be(ACCESS + 8, op.address)
        memory.store64be(DEVICES.fwcfg + 16, BigInt(ACCESS))
        break
      case 'start':
        memory.store32le(DEVICES.engine + dma.TAIL, this.#available++ % RING_SIZE)
        break
      case 'kick':
        memory.store16le(QUEUE.avail + 4 + 2 * (this.#available % 16), this.#available % 5)
        memory.store16le(QUEUE.avail + 2, ++this.#available)
        this.#disk.kick()
        break
      case 'later':
        for (const work of this.#later.splice(0)) work()
        break
      case 'pam':
        this.#pam.writeConfig(I440FX_PAM0 + op.offset, op.value, 1)
    }
  }

  /** @returns What the guest changed, or what is kept, that should not be. */
  faults(): string[] {
    const found: string[] = []
    if (this.#canaries.some(block => block.view().some(byte => byte !== 0xc5)))
      found.push('memory of others was stored to')
    if (!this.#disk.waiting && this.memory.bounceBytesLeft !== this.memory.bounceBytes)
      found.push('bounce bytes are kept')
    for (const address of Object.values(DEVICES)) {
      this.memory.load32(address + 4)
      if ((this.memory.result & 4) !== 0) found.push(`what is at ${address} stays shut`)
    }
    return found
  }

  close(): void {
    this.memory.destroy()
    closeSync(this.#file)
    rmSync(this.#folder, { recursive: true })
  }
}
