import { execFile, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { AddressSpace, GuestRam, MemoryRegion, MemTxAttrs, TapStop } from 'guestmem'
import { gdbMemory } from 'guestmem/trace'
import { describe, expect, test } from 'vitest'
import { LONG } from '../support/campaign.ts'
import { type Exchange, GdbStub } from './support/gdb-stub.ts'

const ram = GuestRam.allocate(0x10000)
const blocks = [0x4000, 0x1000, 0x1000].map((size, i) => ram.block(`block ${i}`, size))
const [ramBlock, moreBlock, romBlock] = blocks as [never, never, never]

function board() {
  const calls: string[] = []
  new Uint8Array(ram.buffer).fill(0)
  const root = MemoryRegion.container('root', 2 ** 32)
  const ops = {
    read: () => calls.push('r'),
    write: () => {
      calls.push('w')
    },
  }
  const byteAt = (offset: number) => 0x11 * (offset & 15)
  const peek = (offset: number, size: number) => {
    let value = 0
    for (let i = size; i-- > 0; ) value = value * 256 + byteAt(offset + i)
    return value
  }
  root.addSubregion(0x1000, MemoryRegion.ram('ram', ramBlock))
  root.addSubregion(0x5000, MemoryRegion.ram('more', moreBlock))
  root.addSubregion(0x8000, MemoryRegion.rom('rom', romBlock))
  root.addSubregion(0xa000, MemoryRegion.io('uart', { ...ops, peek }, 0x100))
  root.addSubregion(0xb000, MemoryRegion.io('blind', ops, 0x100))
  root.addSubregion(0xc000, MemoryRegion.reservation('taken', 0x100))
  return { space: new AddressSpace('cpu', root), calls }
}

/** A program of 6 steps, which goes on where it was stopped. */
function programOf(space: AddressSpace): () => void {
  let step = 0
  return () => {
    for (; step < 6; ) {
      step++
      if (step === 1) space.store32(0x1100, 7)
      if (step === 2) space.load16(0x1202)
      if (step === 3) space.store8(0x1301, 0x55)
      if (step === 4) space.load8(0x1303)
      if (step === 5) space.write(0x1100, new Uint8Array(4))
      if (step === 6) space.load32(0x1400, MemTxAttrs.of({ fetch: true }))
    }
  }
}

describe('packets', () => {
  test.each([
    ['m1000,4', '00000000'],
    ['m8000,2', '0000'],
    ['ma001,3', '112233'],
    ['m0,4', 'E0e'],
    ['mb000,4', 'E0e'],
    ['m4ffe,1002', '00'.repeat(0x1002)],
    ['m5fff,10', '00'],
    ['ma0fe,10', 'eeff'],
    ['m1000,0', ''],
    ['mffffffffffffffff,1', 'E0e'],
    ['m1000,ffffffffffff', '00'.repeat(0x5000)],
    ['m1000', 'E16'],
    ['mzz,1', 'E16'],
    ['M1000,2:abCD', 'OK'],
    ['M8000,1:ab', 'OK'],
    ['M0,1:ab', 'E0e'],
    ['Mb000,1:ab', 'E0e'],
    ['M1000,2:ab', 'E16'],
    ['M1000,1:xy', 'E16'],
    ['M1000,1', 'E16'],
    ['X1000,0:', 'OK'],
    ['X1000,3:a}\x03}]', 'OK'],
    ['X1000,2:a}', 'E16'],
    ['Xffffffffffffffff,1:a', 'E0e'],
    ['Z2,1000,4', 'OK'],
    ['z2,1000,4', 'OK'],
    ['z4,9999,1', 'OK'],
    ['Z5,1000,4', 'E16'],
    ['Z2,1000', 'E16'],
    ['qXfer:memory-map:read:x:0,10', 'E00'],
    ['qXfer:memory-map:read::0,5', 'm<?xml'],
    ['qXfer:memory-map:read::ffff,5', 'l'],
    ['qXfer:memory-map:read::0', 'E16'],
    ['qXfer:features:read::0,5', undefined],
    ['g', undefined],
    ['', undefined],
  ])('%s', (packet, answer) => {
    const { space, calls } = board()
    const memory = gdbMemory(space)
    expect(memory.answer(packet)).toBe(answer)
    expect(memory.answer(Uint8Array.from(packet, letter => letter.charCodeAt(0)))).toBe(answer)
    expect(calls).toEqual([])
    memory.close()
  })

  test('what is written is read, by M and X, ROM too', () => {
    const { space } = board()
    const memory = gdbMemory(space)
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40, ...LONG }),
        fc.constantFrom(0x1000, 0x1003, 0x8000),
        fc.boolean(),
        (bytes, at, binary) => {
          const hex = Buffer.from(bytes).toString('hex')
          const escaped = Array.from(bytes, byte =>
            [0x23, 0x24, 0x2a, 0x7d].includes(byte)
              ? `}${String.fromCharCode(byte ^ 0x20)}`
              : String.fromCharCode(byte),
          )
          const place = `${at.toString(16)},${bytes.length.toString(16)}`
          expect(memory.answer(binary ? `X${place}:${escaped.join('')}` : `M${place}:${hex}`)).toBe('OK')
          expect(memory.answer(`m${place}`)).toBe(hex)
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('the map, in parts of any length', () => {
    const memory = gdbMemory(board().space)
    const whole = memory.answer('qXfer:memory-map:read::0,ffff') ?? ''
    expect(whole.match(/<memory .*>/g)).toEqual([
      '<memory type="ram" start="0x1000" length="0x5000"/>',
      '<memory type="rom" start="0x8000" length="0x1000"/>',
      '<memory type="ram" start="0xa000" length="0x100"/>',
      '<memory type="ram" start="0xb000" length="0x100"/>',
    ])
    let parts = ''
    for (let at = 0, part = 'm'; part.startsWith('m'); at += 17) {
      part = memory.answer(`qXfer:memory-map:read::${at.toString(16)},11`) ?? ''
      parts += part.slice(1)
    }
    expect(`l${parts}`).toBe(whole)
  })

  test('anything: an answer or none, and never an error', () => {
    const { space } = board()
    const memory = gdbMemory(space)
    const start = fc.constantFrom('m', 'M', 'X', 'Z', 'z', 'Z2,', 'qXfer:memory-map:read:', 'm1000,', 'Z0,1000,')
    const rest = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[0-9a-f,:;}]*$/))
    fc.assert(
      fc.property(start, rest, (first, second) => {
        expect(['string', 'undefined']).toContain(typeof memory.answer(first + second))
      }),
      { numRuns: 3000 },
    )
    memory.close()
    expect(() => memory.answer(7 as never)).toThrow(TypeError)
  })
})

describe('watchpoints and breakpoints', () => {
  test.each([
    ['Z2,1100,4', 'T05watch:1100;', 1],
    ['Z2,1102,1', 'T05watch:1102;', 1],
    ['Z3,1200,4', 'T05rwatch:1200;', 2],
    ['Z4,1300,4', 'T05awatch:1300;', 3],
    ['Z0,1400,1', 'T05swbreak:;', 6],
    ['Z1,1400,4', 'T05hwbreak:;', 6],
    ['Z2,1200,4', undefined, 7],
    ['Z3,1400,4', undefined, 7],
  ])('%s: %s, in step %i', (packet, reply, stops) => {
    for (const watch of ['before', 'after'] as const) {
      const { space } = board()
      const memory = gdbMemory(space, { watch })
      expect(memory.answer(packet)).toBe('OK')
      expect(memory.answer(packet)).toBe('OK')
      const run = programOf(space)
      let thrown: unknown
      try {
        run()
      } catch (error) {
        thrown = error
      }
      expect(memory.stopReply(thrown)).toBe(reply)
      if (reply !== undefined) {
        expect(thrown).toBeInstanceOf(TapStop)
        if (stops === 1) expect(space.load32(0x1100, MemTxAttrs.DEBUG)).toBe(watch === 'after' ? 7 : 0)
        memory.answer(packet.replace('Z', 'z'))
        run()
      }
      memory.close()
      run()
    }
  })

  test('a CPU that has breakpoints of its own is asked', () => {
    const { space } = board()
    const asked: unknown[] = []
    const breakpoint = (...args: unknown[]) => asked.push(args) > 1
    const memory = gdbMemory(space, { breakpoint })
    expect([memory.answer('Z0,1400,1'), memory.answer('Z1,1400,1'), memory.answer('z0,1400,1')]).toEqual([
      '',
      'OK',
      'OK',
    ])
    expect(asked).toEqual([
      [0x1400, true, false],
      [0x1400, true, true],
      [0x1400, false, false],
    ])
    expect(memory.stopReply(new Error('another'))).toBe(undefined)
  })
})

const RECORDED = new URL('support/gdb-packets.json', import.meta.url)
const GDB = 'gdb-multiarch'
const COMMANDS = [
  'set architecture i386',
  'set confirm off',
  'target remote 127.0.0.1:PORT',
  'info mem',
  'x/2xw 0x1000',
  'set {int}0x1004 = 0x12345678',
  'x/2xw 0x1000',
  'set {char}0x8000 = 0x41',
  'x/1s 0x8000',
  'x/4xb 0xa000',
  'x/1xw 0xb000',
  'x/1xw 0x20000',
  'restore FILE binary 0x2000',
  'x/4xb 0x2000',
  'watch *(int *) 0x1100',
  'rwatch *(short *) 0x1202',
  'awatch *(int *) 0x1300',
  'continue',
  'continue',
  'continue',
  'continue',
  'delete',
  'continue',
]
const hasGdb = spawnSync(GDB, ['--version']).status === 0

/** What GDB printed. */
function runGdb(port: number): Promise<string> {
  const commands = COMMANDS.map(each => each.replace('PORT', String(port)).replace('FILE', '/tmp/guestmem-gdb.bin'))
  writeFileSync('/tmp/guestmem-gdb.bin', Uint8Array.of(0x7d, 0x23, 0x24, 0x2a))
  const args = ['-nx', '-batch', ...commands.flatMap(each => ['-ex', each])]
  return new Promise(resolve => {
    execFile(GDB, args, { timeout: 60_000 }, (_, stdout, stderr) => resolve(`${stdout}${stderr}`))
  })
}

describe('Debian’s GDB', () => {
  test(
    hasGdb ? 'looks, changes, and stops at watchpoints' : 'is not installed: packets that it sent are answered alone',
    async () => {
      if (hasGdb) {
        const { space } = board()
        const memory = gdbMemory(space)
        const stub = new GdbStub(memory, programOf(space))
        try {
          const text = await runGdb(await stub.listen())
          const lines = text.split('\n').map(line => line.trim())
          for (const each of [
            '0x1000:\t0x00000000\t0x00000000',
            '0x1000:\t0x00000000\t0x12345678',
            // GDB itself leaves alone what the map says is ROM.
            'Cannot access memory at address 0x8000',
            '0xa000:\t0x00\t0x11\t0x22\t0x33',
            '0x2000:\t0x7d\t0x23\t0x24\t0x2a',
            'Cannot access memory at address 0xb000',
            'Cannot access memory at address 0x20000',
            'Hardware watchpoint 1: *(int *) 0x1100',
            'New value = 7',
            'Hardware read watchpoint 2: *(short *) 0x1202',
            'Hardware access (read/write) watchpoint 3: *(int *) 0x1300',
            'New value = 21760',
            'Value = 21760',
          ])
            expect(lines, text).toContain(each)
          expect(text).toMatch(/0x00001000\s+0x00006000\s+rw/)
          if (process.env.RECORD) writeFileSync(RECORDED, `${JSON.stringify(stub.exchanges, null, 1)}\n`)
        } finally {
          stub.close()
          memory.close()
        }
      }
      // What it sent, and was answered, once: everywhere.
      const { space } = board()
      const memory = gdbMemory(space)
      const recorded = JSON.parse(readFileSync(RECORDED, 'utf8')) as Exchange[]
      expect(recorded.length).toBeGreaterThan(20)
      const run = programOf(space)
      for (const [packet, answer] of recorded) {
        // Between what is recorded the program ran.
        if (packet === 'c') {
          let reply: string | undefined = 'W00'
          try {
            run()
          } catch (error) {
            reply = memory.stopReply(error)
          }
          expect(reply).toBe(answer)
        } else expect(memory.answer(packet)).toBe(answer)
      }
      memory.close()
    },
  )
})
