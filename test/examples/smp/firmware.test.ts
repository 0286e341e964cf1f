import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { NoPackages } from '../../../examples/debian-packages.mjs'
import { flattenedDeviceTree, type Node } from '../../../examples/smp/fdt.mjs'
import { bootScript } from '../../../examples/smp/firmware/boot-script.mjs'
import { deviceTree } from '../../../examples/smp/firmware/device-tree.mjs'
import { fat16Disk } from '../../../examples/smp/firmware/fat16.mjs'
import { firmware } from '../../../examples/smp/firmware/packages.mjs'

describe('a flattened device tree', () => {
  type Parsed = { [name: string]: string | Parsed }

  /** As the specification has it; properties are bytes, as text. */
  function parse(bytes: Uint8Array): Parsed {
    const view = Buffer.from(bytes)
    const header = Array.from({ length: 10 }, (_, index) => view.readUInt32BE(4 * index))
    const [magic, total, nodes, strings, reserved, version, compatible, boot, stringsBytes, nodesBytes] = header
    expect([magic, total, version, compatible, boot]).toEqual([0xd00dfeed, bytes.length, 17, 16, 0])
    expect([reserved as number, nodes as number, strings as number].map(each => each % 8)[0]).toBe(0)
    expect(view.subarray(reserved, (reserved as number) + 16)).toEqual(Buffer.alloc(16))
    expect((strings as number) + (stringsBytes as number)).toBe(total)
    let at = nodes as number
    const word = () => {
      at += 4
      return view.readUInt32BE(at - 4)
    }
    const textAt = (from: number) => view.subarray(from, view.indexOf(0, from)).toString()
    const node = (): [string, Parsed] => {
      expect(word()).toBe(1)
      const name = textAt(at)
      at = (at + name.length + 4) & ~3
      const parsed: Parsed = {}
      for (let hasNodes = false; ; ) {
        const token = view.readUInt32BE(at)
        if (token === 1) {
          hasNodes = true
          const [key, value] = node()
          parsed[key] = value
        } else if (token === 3) {
          // Properties come first.
          expect(hasNodes).toBe(false)
          at += 4
          const length = word()
          const key = textAt((strings as number) + word())
          parsed[key] = view.subarray(at, at + length).toString('latin1')
          at = (at + length + 3) & ~3
        } else {
          expect(word()).toBe(2)
          return [name, parsed]
        }
      }
    }
    const [name, root] = node()
    expect([name, word(), at]).toEqual(['', 9, (nodes as number) + (nodesBytes as number)])
    return root
  }

  const bytesOf = (value: unknown): string => {
    if (value === true) return ''
    if (Array.isArray(value)) return value.map(bytesOf).join('')
    if (typeof value === 'string') return `${value}\0`
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(value as number)
    return bytes.toString('latin1')
  }
  const parsedOf = (node: Node): Parsed =>
    Object.fromEntries(
      Object.entries(node).map(([name, value]) => [
        name,
        typeof value === 'object' && !Array.isArray(value) ? parsedOf(value) : bytesOf(value),
      ]),
    )

  test('has what it was made of', () => {
    const name = fc.stringMatching(/^[a-z][a-z,@0-9-]{0,9}$/)
    const text = fc.stringMatching(/^[ -~]{0,9}$/)
    const number = fc.nat(0xffff_ffff)
    const property = fc.oneof(text, fc.array(text), number, fc.array(number), fc.constant(true as const))
    const { node } = fc.letrec<{ node: Node }>(tie => ({
      node: fc.dictionary(name, fc.oneof({ maxDepth: 4 }, property, tie('node')), { maxKeys: 6 }) as never,
    }))
    fc.assert(
      fc.property(node, root => {
        expect(parse(flattenedDeviceTree(root))).toEqual(parsedOf(root))
      }),
      { numRuns: 1000 },
    )
  })

  test.each([1, 2, 3, 4])('of the machine: %i harts, each with its interrupts, in the boot ROM', harts => {
    const bytes = deviceTree({ harts, ramBytes: 2 ** 28 })
    expect(bytes.length).toBeLessThan(0xf00)
    const root = parse(bytes)
    const cpus = root.cpus as Parsed
    expect(Object.keys(cpus).filter(key => key.startsWith('cpu@'))).toHaveLength(harts)
    const { clint, plic } = Object.fromEntries(
      Object.entries(root.soc as Parsed).map(([key, value]) => [key.replace(/@.*/, ''), value as Parsed]),
    )
    const handles = Array.from({ length: harts }, (_, id) => {
      const cpu = cpus[`cpu@${id}`] as Parsed
      expect(cpu.reg).toBe(bytesOf(id))
      return (cpu['interrupt-controller'] as Parsed).phandle
    })
    const wires = (numbers: number[]) => handles.flatMap(handle => numbers.map(each => handle + bytesOf(each))).join('')
    expect(clint?.['interrupts-extended']).toBe(wires([3, 7]))
    expect(plic?.['interrupts-extended']).toBe(wires([11, 9]))
  })
})

describe('a disk', () => {
  /** The files of its one partition, by its tables. */
  function files(disk: Buffer): Record<string, string> {
    expect([disk.readUInt16LE(510), disk[446], disk[450]]).toEqual([0xaa55, 0x80, 6])
    const first = disk.readUInt32LE(454)
    expect(disk.length).toBe(512 * (first + disk.readUInt32LE(458)))
    const volume = disk.subarray(512 * first)
    expect([volume.readUInt16LE(510), volume.readUInt16LE(11), volume[16]]).toEqual([0xaa55, 512, 1])
    const perCluster = 512 * (volume[13] as number)
    const fatAt = 512 * volume.readUInt16LE(14)
    const rootAt = fatAt + 512 * volume.readUInt16LE(22)
    const entries = volume.readUInt16LE(17)
    const dataAt = rootAt + 32 * entries
    const sectors = volume.readUInt16LE(19) || volume.readUInt32LE(32)
    const clusters = Math.floor((512 * sectors - dataAt) / perCluster)
    // By how many there are it is FAT16, and they have their places in its table.
    expect(clusters).toBeGreaterThanOrEqual(4085)
    expect(clusters).toBeLessThan(65_525)
    expect(rootAt - fatAt).toBeGreaterThanOrEqual(2 * (clusters + 2))
    const found: Record<string, string> = {}
    const used = new Set<number>()
    for (let entry = 0; entry < entries; entry++) {
      const at = rootAt + 32 * entry
      if (volume[at] === 0) break
      const [stem, extension] = [volume.subarray(at, at + 8), volume.subarray(at + 8, at + 11)].map(part =>
        part.toString().trim(),
      )
      const size = volume.readUInt32LE(at + 28)
      const parts: Buffer[] = []
      for (let cluster = volume.readUInt16LE(at + 26); cluster < 0xfff8; ) {
        expect(used.has(cluster)).toBe(false)
        used.add(cluster)
        const from = dataAt + (cluster - 2) * perCluster
        parts.push(volume.subarray(from, from + perCluster))
        cluster = volume.readUInt16LE(fatAt + 2 * cluster)
        expect(cluster).toBeGreaterThanOrEqual(2)
      }
      found[`${stem}.${extension}`] = Buffer.concat(parts).subarray(0, size).toString('latin1')
    }
    return found
  }

  test('has the files that it was given, of any length', () => {
    const name = fc.stringMatching(/^[a-z0-9]{1,8}\.[a-z0-9]{1,3}$/)
    const content = fc.nat(5000).map(length => Buffer.alloc(length, `${length} `))
    fc.assert(
      fc.property(fc.dictionary(name, content, { maxKeys: 9 }), given => {
        expect(files(fat16Disk(given))).toEqual(
          Object.fromEntries(
            Object.entries(given).map(([key, bytes]) => [key.toUpperCase(), bytes.toString('latin1')]),
          ),
        )
      }),
      { numRuns: 30 },
    )
  })

  test('says what has no room', () => {
    expect(() => fat16Disk({ 'small.bin': Buffer.alloc(1), 'large.bin': Buffer.alloc(8001 * 1024) })).toThrow(
      /no room for large\.bin/,
    )
  })
})

test('a script is an image with its sums', () => {
  const image = bootScript('echo hello\n')
  const header = Buffer.from(image.subarray(0, 64))
  const sum = header.readUInt32BE(4)
  header.writeUInt32BE(0, 4)
  expect(crc32(header)).toBe(sum)
  const data = image.subarray(64)
  expect([header.readUInt32BE(0), header.readUInt32BE(12), header.readUInt32BE(24)]).toEqual([
    0x2705_1956,
    data.length,
    crc32(data),
  ])
  expect(Array.from(header.subarray(28, 32))).toEqual([5, 26, 6, 0])
  expect([data.readUInt32BE(0), data.readUInt32BE(4), data.subarray(8).toString()]).toEqual([11, 0, 'echo hello\n'])
})

describe('packages', () => {
  const path = process.env.PATH
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'guestmem-smp-packages-'))
    mkdirSync(join(folder, 'tools'))
  })
  afterEach(() => {
    process.env.PATH = path
    rmSync(folder, { recursive: true })
  })
  function fake(scripts: Record<string, string>) {
    for (const [name, script] of Object.entries(scripts)) {
      writeFileSync(join(folder, 'tools', name), `#!/bin/sh\n${script}\n`)
      chmodSync(join(folder, 'tools', name), 0o755)
    }
    process.env.PATH = `${join(folder, 'tools')}:${path}`
  }
  const cache = () => join(folder, 'cache', 'smp')

  test('are asked for once, and give the two images', () => {
    fake({
      'apt-get': 'case $3 in download) shift 3; for name; do echo "$name" > "$name"_1_all.deb; done;; esac',
      'dpkg-deb': `
work=$(mktemp -d)
for member in lib/opensbi/generic/fw_jump.bin lib/u-boot/qemu-riscv64_smode/u-boot.bin; do
  mkdir -p $work/$(dirname $member)
  cat "$2" > $work/$member
done
tar -c -C $work .
rm -r $work`,
    })
    const text = () => {
      const { opensbi, uBoot } = firmware(cache(), () => {})
      return [opensbi, uBoot].map(bytes => Buffer.from(bytes).toString())
    }
    expect(text()).toEqual(['opensbi\n', 'u-boot-qemu\n'])
    fake({ 'apt-get': 'exit 1', 'dpkg-deb': 'exit 1' })
    expect(text()).toEqual(['opensbi\n', 'u-boot-qemu\n'])
  })

  test('that can not be had leave nothing', () => {
    fake({ 'apt-get': 'echo no route >&2; exit 100' })
    expect(() => firmware(cache(), () => {})).toThrow(NoPackages)
    expect(() => firmware(cache(), () => {})).toThrow(/no route/)
    expect(readdirSync(join(folder, 'cache'))).toEqual([])
  })
})
