import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemTxAttrs } from 'guestmem'
import { TraceRing } from 'guestmem/trace'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildFiles, type Files } from '../litmus/files.ts'
import { isWellFormedXml } from '../qemu/xml.ts'

const LINES = `2817@1700000000.250000:memory_region_ops_write cpu 0 mr 0x55 addr 0x3f8 value 0x41 size 1 name 'serial'
a line of something else
memory_region_ops_read cpu 0 mr 0x55 addr 0x3fd value 0x60 size 1 name 'serial'
memory_region_ops_read cpu 0 mr 0x66 addr 0x70 value 0x1 size 4 name 'rtc'
`
let files: Files
let folder: string
beforeAll(async () => {
  files = await buildFiles()
  folder = mkdtempSync(join(tmpdir(), 'guestmem-trace-'))
})
afterAll(() => {
  files.remove()
  rmSync(folder, { recursive: true })
})

function run(...args: string[]) {
  try {
    return {
      code: 0,
      out: execFileSync(process.execPath, [files.command, ...args], { encoding: 'utf8', stdio: 'pipe' }),
      err: '',
    }
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string }
    return { code: status, out: stdout, err: stderr }
  }
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

test('guestmem trace counts, draws, writes JSON and prints lines', () => {
  const path = file('qemu.txt', LINES)
  const [svg, json] = [join(folder, 'out.svg'), join(folder, 'out.json')]
  const { code, out } = run('trace', path, '--svg', svg, '--report', json)
  expect(code).toBe(0)
  expect(out).toMatch(/^reads +writes .*\n +1 +1 .*serial\n +1 +0 .*rtc\n +2 +1 .*\(all\)\n$/)
  expect(isWellFormedXml(readFileSync(svg, 'utf8'))).toBe(true)
  expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({ reads: 2, writes: 1, bytes: 6 })
  expect(JSON.parse(run('trace', path, '--json').out)).toMatchObject({ reads: 2, writes: 1, bytes: 6 })
  expect(run('trace', path, '--lines').out.split('\n').length).toBe(4)
})

test('it reads what a TraceRing kept, and compares', () => {
  const ring = TraceRing.allocate({ events: 64 })
  const access = {
    dma: false,
    offset: 0,
    size: 1,
    big: false,
    result: 0,
    attrs: MemTxAttrs.UNSPECIFIED,
    space: { name: 'memory' },
  }
  const serial = { name: 'serial', kind: 'io' } as const
  ring.record({ ...access, kind: 'write', address: 0x3f8, value: 0x41, region: serial })
  ring.record({ ...access, kind: 'read', address: 0x3fd, value: 0x61, region: serial })
  const path = file('ring.bin', ring.bytes())
  expect(run('trace', path).out).toContain('serial')
  const other = file('qemu.txt', LINES)
  const { code, out } = run('trace', path, '--against', other)
  expect(code).toBe(1)
  expect(out).toMatch(
    /^1 lines are alike\n- memory_region_ops_read addr 0x3fd value 0x60 .*\n\+ memory_region_ops_read addr 0x3fd value 0x61 /,
  )
  expect(run('trace', other, '--against', other)).toEqual({ code: 0, out: '3 lines are alike\n', err: '' })
})

test.each([
  [['trace'], /trace takes FILE, got ""/],
  [['trace', 'a', 'b'], /trace takes FILE, got "a b"/],
  [['trace', '/nowhere'], /FILE must be a file that can be read/],
  [['trace', 'EMPTY'], /FILE must have lines of QEMU's/],
  [['trace', 'LINES', '--svg', '/nowhere/x'], /--svg must name a file that can be written/],
])('%s is a mistake', (args, message) => {
  const paths: Record<string, string> = { EMPTY: file('empty', 'nothing'), LINES: file('lines', LINES) }
  const { code, err } = run(...args.map(each => paths[each] ?? each))
  expect(code).toBe(3)
  expect(err).toMatch(message)
})

test('its help', () => {
  expect(run('help', 'trace').out).toMatch(/^guestmem trace FILE/)
  expect(run('trace', '--help').out).toMatch(/^guestmem trace FILE/)
})
