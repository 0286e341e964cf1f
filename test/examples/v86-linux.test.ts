import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { MemoryRegion, MemTxResult } from 'guestmem'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { BlobMemory } from '../../examples/v86/linux/blob-memory.mjs'
import { cpio } from '../../examples/v86/linux/cpio.mjs'
import { plugMaskable } from '../../examples/v86/linux/intx.mjs'
import { NoPackages, unpackedPackages } from '../../examples/v86/linux/packages.mjs'
import { Shell } from '../../examples/v86/linux/shell.mjs'
import { commonest, compared } from '../../examples/v86/linux/turns.mjs'
import { type Bridge, type Emulator, machine } from '../../examples/v86/machine.mjs'

const folder = mkdtempSync(join(tmpdir(), 'v86-linux-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('an archive for the kernel', () => {
  /** As initramfs reads it: every header and every content begins at a multiple of four. */
  function entries(archive: Uint8Array) {
    const text = (from: number, to: number) => Buffer.from(archive.subarray(from, to)).toString('latin1')
    const found: { name: string; mode: number; content: Uint8Array }[] = []
    for (let at = 0; ; ) {
      expect(text(at, at + 6)).toBe('070701')
      const field = (index: number) => Number.parseInt(text(at + 6 + 8 * index, at + 14 + 8 * index), 16)
      const [mode, size, length] = [field(1), field(6), field(11)]
      const name = text(at + 110, at + 110 + length - 1)
      expect(archive[at + 110 + length - 1]).toBe(0)
      at = (at + 110 + length + 3) & ~3
      if (name === 'TRAILER!!!') {
        expect(at).toBe(archive.length)
        return found
      }
      found.push({ name, mode, content: Uint8Array.from(archive.subarray(at, at + size)) })
      at = (at + size + 3) & ~3
    }
  }

  test('has folders, and files that may be run, of any length', () => {
    const name = fc.stringMatching(/^[a-z]{1,9}$/)
    fc.assert(
      fc.property(fc.dictionary(name, fc.option(fc.uint8Array({ maxLength: 9 }), { nil: undefined })), files => {
        expect(entries(cpio(files))).toEqual(
          Object.entries(files).map(([path, content]) => ({
            name: path,
            mode: content === undefined ? 0o040755 : 0o100755,
            content: Uint8Array.from(content ?? []),
          })),
        )
      }),
      { numRuns: 1000 },
    )
  })
})

describe('an interrupt that configuration space can mask', () => {
  let emulator: Emulator
  let bridge: Bridge
  beforeAll(async () => {
    ;({ emulator, bridge } = await machine({ ramBytes: 8 * 2 ** 20 }))
    return () => emulator.destroy()
  })

  test('by bit 10 of the command, in an access of any width; bit 3 of the status says what the card wants', () => {
    const { pci } = emulator.v86.cpu.devices
    const config = { vendor: 1, device: 2, classCode: 0 }
    const seen: boolean[] = []
    const lines: { setInterrupt(level: boolean): void }[] = []
    // Between the card and the bridge's line.
    const spy = {
      cpu: emulator.v86.cpu,
      plug: (given: typeof config, make: Parameters<Bridge['plug']>[1]) =>
        bridge.plug(given, (bus, own) => make(bus, { ...own, setInterrupt: level => void seen.push(level) })),
    }
    const [id = 0, other = 0] = [0, 1].map(
      index =>
        plugMaskable(index === 0 ? spy : bridge, config, (_bus, given) => {
          lines[index] = given
          return MemoryRegion.io('nothing', { read: () => 0, write: () => {} }, 4)
        }).slot << 3,
    )
    const set = (level: boolean) => lines[0]?.setInterrupt(level)
    const status = () => ((pci.device_spaces[id]?.[1] ?? 0) >>> 16) & 0xffff
    const masks: [mask: () => void, unmask: () => void][] = [
      [() => pci.pci_write16((id << 8) | 4, 0x0403), () => pci.pci_write16((id << 8) | 4, 0x0003)],
      [() => pci.pci_write8((id << 8) | 5, 0x04), () => pci.pci_write8((id << 8) | 5, 0x00)],
    ]
    for (const [mask, unmask] of masks) {
      expect([status(), seen.at(-1) ?? false]).toEqual([0, false])
      set(true)
      expect([status(), seen.at(-1)]).toEqual([8, true])
      mask()
      expect([status(), seen.at(-1)]).toEqual([8, false])
      set(true)
      expect([status(), seen.at(-1)]).toEqual([8, false])
      unmask()
      expect([status(), seen.at(-1)]).toEqual([8, true])
      mask()
      set(false)
      expect([status(), seen.at(-1)]).toEqual([0, false])
      unmask()
      expect([status(), seen.at(-1)]).toEqual([0, false])
    }
    seen.length = 0
    set(true)
    // Another card's command; another register of this one.
    pci.pci_write16((other << 8) | 4, 0x0400)
    expect(seen).toEqual([true])
    pci.pci_write8((id << 8) | 0x3c, 0xff)
    expect(seen.at(-1)).toBe(true)
  })
})

describe('what guestmem is compared with', () => {
  test("v86's own copies give the disk what a space gives it", async () => {
    const { emulator, bridge } = await machine({ ramBytes: 8 * 2 ** 20 })
    const blobs = new BlobMemory(emulator.v86.cpu)
    const bytes = Uint8Array.from({ length: 300 }, (_, index) => index * 7)
    bridge.dma.write(0x10_0001, bytes)
    const into = new Uint8Array(300)
    expect([blobs.read(0x10_0001n, into), into]).toEqual([MemTxResult.OK, bytes])
    expect(blobs.load16le(0x10_0002)).toBe(bridge.dma.load16le(0x10_0002))
    blobs.store16le(0x20_0000, 0xabcd)
    blobs.write(0x20_0002n, bytes)
    expect([bridge.dma.load16le(0x20_0000), bridge.dma.load8(0x20_0003)]).toEqual([0xabcd, 7])
    // Windows at the same time are apart, and what is stored in one is in RAM when it is given back.
    const [one, other] = [blobs.map(0x30_0000n, 4, { write: true }), blobs.map(0x10_0001n, 4, { write: false })]
    one.bytes.set([1, 2, 3, 4])
    expect([...other.bytes]).toEqual([...bytes.subarray(0, 4)])
    expect([one.length, bridge.dma.load32(0x30_0000)]).toEqual([4, 0])
    for (const window of [one, other]) window.unmap()
    expect([bridge.dma.load32le(0x30_0000), bridge.dma.load32(0x10_0001)]).toEqual([0x0403_0201, 0x150e_0700])
    await emulator.destroy()
  })

  test('times are medians; the ratio is the median of what neighbours have', () => {
    const pairs = [
      { ours: 2, own: 1 },
      { ours: 20, own: 10 },
      { ours: 900, own: 300 },
    ]
    expect(compared('it', pairs)).toEqual({ name: 'it', ours: 20, own: 10, ratio: 2 })
    expect(compared('it', [...pairs, { ours: 30, own: 40 }, { ours: 30, own: 40 }]).ratio).toBe(2)
    // Of an even number the upper one.
    expect(compared('it', pairs.slice(0, 2)).own).toBe(10)
    expect(commonest([4, 56, 8, 56, 56, 80])).toBe(56)
  })
})

describe("the guest's shell", () => {
  let sent = ''
  let listen = (_byte: number) => {}
  const emulator = {
    add_listener: (_name: string, listener: (byte: number) => void) => {
      listen = listener
    },
    serial0_send: (text: string) => {
      sent += text
    },
  }
  const say = (text: string) => void Buffer.from(text).forEach(byte => void listen(byte))
  beforeEach(() => {
    sent = ''
  })

  test('is ready when it says so, and tells each line until then', async () => {
    const lines: string[] = []
    const shell = new Shell(emulator, line => void lines.push(line))
    const ready = shell.ready()
    say('[    0.0] Linux\r\nguest')
    say(' ready\r\n')
    await ready
    expect(lines).toEqual(['[    0.0] Linux', 'guest ready'])
    say('[    9.0] more\n')
    expect(lines).toHaveLength(2)
  })

  test('gives what a command printed, and of the next one no more than that', async () => {
    const shell = new Shell(emulator)
    for (const printed of ['one\r\ntwo\r\n', '', 'three\n']) {
      const output = shell.run('do it')
      expect(sent).toBe('do it\n')
      sent = ''
      say(`${printed}guest status 0\r\n`)
      expect(await output).toBe(printed.replaceAll('\r', '').replace(/\n$/, ''))
    }
  })

  test('throws where a command ends with another status, or the kernel does', async () => {
    const shell = new Shell(emulator)
    const failed = shell.run('false')
    say('why not\nguest status 1\n')
    await expect(failed).rejects.toThrow(/false\nwhy not\nguest status 1$/)
    const dead = shell.run('echo c > /proc/sysrq-trigger')
    say('[   10.6] Kernel panic - not syncing: sysrq\n')
    await expect(dead).rejects.toThrow(/the kernel gave up.*\n.*sysrq/)
  })
})

describe('packages', () => {
  const path = process.env.PATH
  const tools = join(folder, 'tools')
  const log = join(folder, 'log')
  const target = join(folder, 'cache', 'packages')
  /** Commands that do as Debian's do, in what is asked of them. */
  function fake(scripts: Record<string, string>) {
    for (const [name, script] of Object.entries(scripts)) {
      writeFileSync(join(tools, name), `#!/bin/sh\necho ${name} "$@" >> ${log}\n${script}\n`)
      chmodSync(join(tools, name), 0o755)
    }
    process.env.PATH = `${tools}:${path}`
  }
  const APT_CACHE = "echo linux-image-686; echo '  Depends: linux-image-9.9.0-1-686'"
  const APT_GET = `
case $3 in
  update) echo one source is out of date >&2; exit 100;;
  download) shift 3; for name; do echo "$name" > "$name"_1_i386.deb; done;;
esac`
  const DPKG_DEB = `
work=$(mktemp -d)
for member in boot/vmlinuz-9 lib/virtio/virtio.ko lib/block/virtio_blk.ko lib/uio/uio.ko lib/fat/fat.ko lib/nls/nls.ko \\
  bin/busybox usr/bios.bin usr/vgabios-stdvga.bin usr/other; do
  mkdir -p $work/$(dirname $member)
  cat "$2" > $work/$member
done
tar -c -C $work .
rm -r $work`
  beforeEach(() => {
    mkdirSync(tools, { recursive: true })
    writeFileSync(log, '')
  })
  afterEach(() => {
    process.env.PATH = path
    rmSync(join(folder, 'cache'), { recursive: true, force: true })
    rmSync(tools, { recursive: true })
  })

  test('are the kernel of the day and what it needs, though one source of the host is not there', () => {
    fake({ 'apt-get': APT_GET, 'apt-cache': APT_CACHE, 'dpkg-deb': DPKG_DEB })
    const said: string[] = []
    expect(unpackedPackages(target, what => void said.push(what))).toBe(target)
    expect(readFileSync(join(target, 'boot/vmlinuz-9'), 'utf8')).toBe('linux-image-9.9.0-1-686\n')
    expect(readFileSync(join(target, 'lib/uio/uio.ko'), 'utf8')).toBe('linux-image-9.9.0-1-686\n')
    expect(readFileSync(join(target, 'bin/busybox'), 'utf8')).toBe('busybox-static\n')
    expect(readFileSync(join(target, 'usr/bios.bin'), 'utf8')).toBe('seabios\n')
    expect(existsSync(join(target, 'usr/other'))).toBe(false)
    expect(readdirSync(join(folder, 'cache'))).toEqual(['packages'])
    expect(said.length).toBeGreaterThan(3)
    // The second time nothing is asked.
    writeFileSync(log, '')
    expect(unpackedPackages(target, () => {})).toBe(target)
    expect(readFileSync(log, 'utf8')).toBe('')
  })

  const FAILURES: [string, Record<string, string>, RegExp][] = [
    [
      'no such package',
      { 'apt-get': APT_GET, 'apt-cache': 'exit 100' },
      /has linux-image-686.*one source is out of date/s,
    ],
    [
      'no way to them',
      { 'apt-get': 'echo no route >&2; exit 100', 'apt-cache': APT_CACHE },
      /could not download.*no route/s,
    ],
    ['a package that is none', { 'apt-get': APT_GET, 'apt-cache': APT_CACHE, 'dpkg-deb': 'exit 2' }, /could not read/],
    ['another package', { 'apt-get': APT_GET, 'apt-cache': APT_CACHE, 'dpkg-deb': 'tar -c -T /dev/null' }, /has not/],
  ]
  test.each(FAILURES)('%s: why, and nothing is left', (_name, scripts, why) => {
    fake(scripts)
    const fetch = () => unpackedPackages(target, () => {})
    expect(fetch).toThrow(NoPackages)
    expect(fetch).toThrow(why)
    expect(readdirSync(join(folder, 'cache'))).toEqual([])
  })

  test('no tool: why, and nothing is left', () => {
    process.env.PATH = tools
    expect(() => unpackedPackages(target, () => {})).toThrow(NoPackages)
    expect(() => unpackedPackages(target, () => {})).toThrow(/apt-get is not here/)
    expect(readdirSync(join(folder, 'cache'))).toEqual([])
  })
})
