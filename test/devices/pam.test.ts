import { AddressSpace, GuestRam, MemoryRegion, MemTxResult } from 'guestmem'
import { formatFlatView } from 'guestmem/qemu'
import { describe, expect, test } from 'vitest'
import { I440FX_PAM0, Pam, Q35_PAM0 } from '../../examples/devices/pam.mjs'
import { type RecordedMachine, recordings } from '../qemu/corpus.ts'
import { transcript } from '../qemu/qtest-transcript.ts'
import { repeat } from './conversation.ts'
import { Watched } from './watched.ts'

interface Snapshot extends RecordedMachine {
  readonly steps: readonly { readonly desc: string; readonly qtest: readonly string[] }[]
}

const FIRST = 0xc0000
const BYTES = 0x40000

/** A PC as far as its memory map below 1 MiB goes, with a host bridge in slot 0 of PCI. */
function pc() {
  const watched = new Watched({ 'pci-conf-idx': 0xcf8, 'pci-conf-data': 0xcfc })
  const guestRam = GuestRam.allocate(2 ** 22)
  const system = MemoryRegion.container('system', 2 ** 64)
  const pci = MemoryRegion.container('pci', 2 ** 64)
  const ram = MemoryRegion.ram('pc.ram', guestRam.block('pc.ram', 2 ** 21))
  const bios = MemoryRegion.rom('pc.bios', guestRam.block('pc.bios', 0x40000))
  system.addSubregion(0, MemoryRegion.alias('ram-below-4g', ram, 0, 2 ** 21))
  system.addSubregion(0, pci, -1)
  pci.addSubregion(0xc0000, MemoryRegion.rom('pc.rom', guestRam.block('pc.rom', 0x20000)), 1)
  pci.addSubregion(0xe0000, MemoryRegion.alias('isa-bios', bios, 0x20000, 0x20000), 1)
  pci.addSubregion(0xfffc0000, bios)
  const pam = new Pam(system, ram, pci)
  const io = MemoryRegion.container('io', 65536)
  let selected = 0
  watched.watch(() => {
    const index = {
      read: () => 0,
      write(_: number, value: number) {
        selected = value
      },
    }
    const data = {
      read: () => 0,
      write(offset: number, value: number, size: number) {
        if ((selected & 0xffff00) === 0) pam.writeConfig((selected & 0xfc) + offset, value, size)
      },
    }
    io.addSubregion(0xcf8, MemoryRegion.io('pci-conf-idx', { ...index, endianness: 'little' }, 4))
    io.addSubregion(0xcfc, MemoryRegion.io('pci-conf-data', { ...data, endianness: 'little' }, 4))
  })
  const memory = new AddressSpace('memory', system)
  // What the segments show, and nothing else.
  const segments = new AddressSpace('segments', MemoryRegion.alias('segments', system, FIRST, BYTES))
  return { watched, memory, ports: new AddressSpace('I/O', io), pam, ram, segments, bios, pci }
}

/** The part of a recorded view that the segments are, as the space `segments` has it. */
function recordedSegments({ address_spaces, flatviews }: RecordedMachine): string {
  const space = address_spaces.find(({ name }) => name === 'memory')
  const hex = (value: number) => value.toString(16).padStart(16, '0')
  return (flatviews[space?.flatview ?? 0]?.ranges ?? [])
    .flatMap(range => {
      const start = Math.max(Number(range.start), FIRST)
      const end = Math.min(Number(range.end), FIRST + BYTES - 1)
      if (start > end) return []
      const offset = Number(range.offset_in_region) + start - Number(range.start)
      const at = offset === 0 ? '' : ` @${hex(offset)}`
      return `  ${hex(start - FIRST)}-${hex(end - FIRST)} (prio ${range.priority}, ${range.type}): ${range.name}${at}`
    })
    .join('\n')
}

const SNAPSHOTS = recordings('changes', '.json').filter(({ name }) => name.startsWith('x86_64-pc+dyn.'))

describe('shows what QEMU showed after the same writes to configuration space (RULES B4, C4)', () => {
  test.each(SNAPSHOTS)('$name', ({ text }) => {
    const snapshot: Snapshot = JSON.parse(text)
    const { ports, segments } = pc()
    for (const request of snapshot.steps.flatMap(step => step.qtest)) {
      const [verb, port, value] = request.split(' ')
      if (verb === 'outl') ports.store32(Number(port), Number(value))
      else if (verb === 'outb') ports.store8(Number(port), Number(value))
    }
    expect(formatFlatView(segments)).toBe(recordedSegments(snapshot))
  })

  test('and the snapshots differ', () => {
    const views = SNAPSHOTS.map(({ text }) => recordedSegments(JSON.parse(text)))
    expect(new Set(views).size).toBeGreaterThan(3)
  })
})

test('answers what QEMU answered: a device writes through a readonly segment (RULES E2)', async () => {
  const { watched, memory, ports } = pc()
  const exchanges = transcript('x86_64-pc-pam')
  expect(exchanges).toHaveLength(28)
  await repeat(exchanges, { memory, io: ports }, watched)
})

describe('the registers', () => {
  test('each half has a segment; the lower one of PAM0 and the reserved bits are not there', () => {
    const { pam } = pc()
    pam.writeConfig(I440FX_PAM0, 0xff, 1)
    pam.writeConfig(I440FX_PAM0 + 1, 0xff, 1)
    expect([pam.readConfig(I440FX_PAM0, 1), pam.readConfig(I440FX_PAM0 + 1, 1)]).toEqual([0x30, 0x33])
    expect(pam.readConfig(I440FX_PAM0 - 1, 4)).toBe(0x00333000)
  })

  test('a write of 4 bytes that reaches two of them, and a neighbour', () => {
    const { pam, segments } = pc()
    pam.writeConfig(I440FX_PAM0 - 2, 0x31301111, 4)
    expect(pam.readConfig(I440FX_PAM0, 2)).toBe(0x3130)
    expect(formatFlatView(segments)).toBe(
      [
        '  0000000000000000-0000000000003fff (prio 0, rom): pc.ram @00000000000c0000',
        '  0000000000004000-0000000000007fff (prio 0, ram): pc.ram @00000000000c4000',
        '  0000000000008000-000000000001ffff (prio 1, rom): pc.rom @0000000000008000',
        '  0000000000020000-000000000002ffff (prio 0, rom): pc.bios @0000000000020000',
        '  0000000000030000-000000000003ffff (prio 0, ram): pc.ram @00000000000f0000',
      ].join('\n'),
    )
  })

  test('all of them in one write render the map once, and a write that changes nothing not at all (RULES C2)', () => {
    const { pam, segments } = pc()
    const views = new Set([segments.view])
    const { update } = segments.tree
    segments.tree.update = () => {
      update.call(segments.tree)
      views.add(segments.view)
    }
    pam.writeConfig(I440FX_PAM0 + 1, 0x33333333, 4)
    expect(views.size).toBe(2)
    pam.writeConfig(I440FX_PAM0 + 1, 0x33333333, 4)
    expect(views.size).toBe(2)
  })

  test('Q35 has them elsewhere', () => {
    const { ram, pci } = pc()
    const system = MemoryRegion.container('q35', 2 ** 32)
    const pam = new Pam(system, ram, pci, Q35_PAM0)
    pam.writeConfig(I440FX_PAM0, 0x30, 1)
    pam.writeConfig(Q35_PAM0 + 6, 0x30, 1)
    const memory = new AddressSpace('memory', system)
    const shown = memory.view.ranges.filter(({ region }) => region === ram)
    expect(shown.map(({ start, end }) => [start, end])).toEqual([[0xec000, 0xf0000]])
  })
})

test('firmware copies itself to RAM and protects the copy, from the CPU and not from devices (RULES E2)', () => {
  const { memory, pam } = pc()
  memory.writeRom(0xfffffff0, Uint8Array.of(0xea, 0x5b, 0xe0))
  const code = new Uint8Array(0x10000)
  memory.read(0xffff0000, code)
  pam.writeConfig(I440FX_PAM0, 0x20, 1)
  expect(memory.write(0xf0000, code)).toBe(MemTxResult.OK)
  pam.writeConfig(I440FX_PAM0, 0x10, 1)
  expect(memory.load16(0xffff0)).toBe(0x5bea)
  expect(memory.view.find(0xffff0)).toMatchObject({ readonly: true, region: { name: 'pc.ram' } })
  expect(memory.write(0xffff0, Uint8Array.of(0x55))).toBe(MemTxResult.OK)
  expect(memory.load16(0xffff0)).toBe(0x5b55)
  pam.writeConfig(I440FX_PAM0, 0, 1)
  expect(memory.load16(0xffff0)).toBe(0x5bea)
})
