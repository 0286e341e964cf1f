import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasColours } from '../../src/cli/output.ts'
import { buildFiles, type Files } from '../litmus/files.ts'
import { recordings } from '../qemu/corpus.ts'
import { runFile, runWith } from './run.ts'

const FIXTURES = fileURLToPath(new URL('../fixtures/qemu', import.meta.url))
const fixture = (path: string) => join(FIXTURES, path)
const Q35 = fixture('maps/i386-q35+rich.json.gz')

let files: Files
beforeAll(async () => {
  files = await buildFiles()
})
afterAll(() => {
  files.remove()
})

const run = (...args: string[]) => runFile(files.command, ...args)

/** A file for the command, with this in it. */
function fileOf(name: string, content: string | Buffer): string {
  const path = join(files.folder, name)
  writeFileSync(path, content)
  return path
}

const mtree = (...lines: string[]) => `address-space: memory
  0000000000000000-ffffffffffffffff (prio 0, i/o): system
${lines.map(line => `    ${line}\n`).join('')}
`
const RAM = '0000000000000000-0000000000ffffff (prio 0, ram): ram'

describe('guestmem map', () => {
  test('prints what `info mtree -f` prints of the same machine', () => {
    const flat = recordings('monitor', '.flatview.txt').find(({ name }) => name === 'i386-q35+rich')?.text ?? ''
    const { code, out } = run('map', Q35)
    // Numbers and order of views are QEMU's hash table's.
    const views = (text: string) =>
      text
        .split(/^FlatView #\d+\n/m)
        .slice(1)
        .map(view => {
          const lines = view.trimEnd().split('\n')
          return [...lines.filter(line => / AS /.test(line)).sort(), ...lines.filter(line => !/ AS /.test(line))].join()
        })
        .sort()
    expect(code).toBe(0)
    expect(views(out)).toEqual(views(flat.replaceAll('\r', '')))
  })

  test('of the text of `info mtree` says how much is open, beside the output', () => {
    const path = fileOf('open.txt', mtree('0000000000001000-0000000000001fff (prio 0, i/o): uart', RAM))
    const { code, out, err } = run('map', path, '--space', 'memory')
    expect(code).toBe(0)
    expect(out).toContain('0000000000001000-0000000000001fff (prio 0, i/o): uart')
    expect(err).toMatch(/open\.txt: \d+ things are not in the text; --json lists what was assumed\n$/)
    const { questions, spaces } = JSON.parse(run('map', path, '--json').out)
    expect(questions.length).toBeGreaterThan(0)
    expect(spaces[0].ranges[1]).toEqual({
      start: '0x1000',
      end: '0x1fff',
      type: 'i/o',
      name: 'uart',
      offset: '0x0',
      priority: 0,
      readonly: false,
      nonvolatile: false,
    })
  })

  test('draws one space as SVG, also into a file, and reads the standard input', () => {
    const { out } = run('map', Q35, '--svg')
    expect(out).toMatch(/^<svg .*<title>memory: \d+ ranges<\/title>.*<\/svg>\n$/s)
    const path = join(files.folder, 'map.svg')
    expect(run('map', Q35, '--svg', '-o', path)).toEqual({ code: 0, out: '', err: '' })
    expect(readFileSync(path, 'utf8')).toBe(out)
    expect(runWith({ input: readFileSync(Q35) }, files.command, 'map', '-', '--svg').out).toBe(out)
    expect(run('map', Q35, '--svg', '--space', 'I/O').out).toContain('<title>I/O: ')
    const { code, err } = run('map', Q35, '--space', 'disk')
    expect(code).toBe(3)
    expect(err).toMatch(/--space must be one of .*"memory".*, got "disk"/)
  })

  test('tells what lies past 2^53', () => {
    const path = fileOf('far.txt', mtree('fe00000000000000-fe00000000000fff (prio 0, i/o): msi'))
    expect(run('map', path).out).toContain('  fe00000000000000-fe00000000000fff (prio 0, i/o): msi\n')
    expect(JSON.parse(run('map', path, '--json').out).spaces[0].unreachable).toEqual([
      { start: '0xfe00000000000000', end: '0xfe00000000000fff', name: 'msi', type: 'i/o', priority: 0, offset: '0x0' },
    ])
  })
})

describe('guestmem find', () => {
  test('says who answers and why, and what it hides', () => {
    const { code, out } = run('find', Q35, '0xa_0000')
    expect(code).toBe(0)
    expect(out).toContain('0x00000000000a0000 in memory: vga-lowmem + 0x0 (i/o, prio 1)\n')
    expect(out).toContain('is an alias of pci at 0000000000000000\n')
    expect(out).toContain('smram-region has priority 1, ram-below-4g 0, both in system')
    expect(run('find', Q35, String(0xa0000)).out).toBe(out)
    const told = JSON.parse(run('find', Q35, '0xa0000', '--json').out)
    expect(told).toMatchObject({ space: 'memory', address: '0xa0000', answer: { name: 'vga-lowmem', offset: '0x0' } })
    expect(told.hides).toMatchObject([
      { name: 'pc.ram', offset: '0xa0000', why: expect.stringContaining('priority 1') },
    ])
    expect(told.answer.path.map(({ by }: { by: string }) => by)).toEqual(['root', 'subregion', 'alias', 'subregion'])
  })

  test('ends with 1 where nothing is mapped', () => {
    expect(run('find', Q35, '0x9000_0000')).toEqual({
      code: 1,
      out: '0x0000000090000000 in memory: nothing\n',
      err: '',
    })
    expect(JSON.parse(run('find', Q35, '0x90000000', '--json').out)).toMatchObject({ answer: null, hides: [] })
  })

  test('knows 64 bits', () => {
    const path = fileOf('far.txt', mtree('fe00000000000000-fe00000000000fff (prio 0, i/o): msi'))
    expect(run('find', path, '0xfe00_0000_0000_0010').out).toContain('msi + 0x10')
  })
})

describe('guestmem diff', () => {
  test('ends with 0 where two maps show the same', () => {
    expect(run('diff', Q35, Q35)).toEqual({ code: 0, out: '', err: '' })
    expect(JSON.parse(run('diff', Q35, Q35, '--json').out)).toEqual({ spaces: [] })
  })

  test('tells what moved and what is hidden, and the spaces that only one has', () => {
    const before = fileOf('a.txt', mtree(RAM, '0000000080000000-000000008000ffff (prio 0, i/o): bar'))
    const text = mtree(RAM, '0000000000800000-000000000080ffff (prio 1, i/o): bar').replace(
      'memory',
      'memory\naddress-space: disk',
    )
    const { code, out } = run('diff', before, fileOf('b.txt', text))
    expect({ code, out }).toEqual({
      code: 1,
      out: `address-space: memory
  hidden    0000000000800000-000000000080ffff (ram): ram @0000000000800000, by bar
  moved     0000000080000000-000000008000ffff -> 0000000000800000-000000000080ffff (i/o): bar

address-space: disk
  only in B

`,
    })
    const told = JSON.parse(run('diff', before, fileOf('b.txt', text), '--json', '--space', 'memory').out)
    expect(told.spaces[0].changes).toContainEqual({
      kind: 'moved',
      name: 'bar',
      type: 'i/o',
      offset: '0x0',
      size: '0x10000',
      from: '0x80000000',
      to: '0x800000',
    })
  })
})

describe('guestmem replay', () => {
  const TRACE = fixture('access/mips-mipssim.json.gz')

  test('replays recordings, and says what differs', () => {
    const { code, out } = run('replay', TRACE, fixture('access/or1k-or1k-sim.json.gz'))
    expect(code).toBe(0)
    expect(out).toMatch(/mipssim\.json\.gz: (\d+) cases, \d+ equal, \d+ skipped, 0 different\n.*or1k.*0 different\n$/)
    const [recorded] = recordings('access', 'mips-mipssim.json')
    const trace = JSON.parse(recorded?.text ?? '')
    // As if devices had not been asked.
    for (const item of trace.cases) item[5] = []
    const wrong = run('replay', fileOf('wrong.json', JSON.stringify(trace)))
    expect(wrong.code).toBe(1)
    expect(wrong.out).toMatch(/wrong\.json: .* [1-9]\d* different\n {2}case \d+: .*\n {4}expected\n/)
    const { files: reports } = JSON.parse(run('replay', '--json', join(files.folder, 'wrong.json'), TRACE).out)
    expect(reports).toMatchObject([{ file: expect.stringContaining('wrong.json') }, { file: TRACE, different: [] }])
  })
})

describe('what is no map', () => {
  test.each<[string, () => string, RegExp]>([
    ['a file that is not there', () => join(files.folder, 'none.txt'), /none\.txt: ENOENT/],
    ['a folder', () => files.folder, /EISDIR/],
    ['no text', () => fileOf('x', ''), /x: /],
    ['some text', () => fileOf('x', 'hello\n'), /x: /],
    ['broken JSON', () => fileOf('x', '{"format":'), /x: .*JSON/],
    ['JSON of another format', () => fileOf('x', '{"format":"other"}'), /json\.format must be qemu-mtree-corpus\/1/],
    ['broken gzip', () => fileOf('x', Buffer.from([0x1f, 0x8b, 1, 2, 3])), /x: /],
    ['deep JSON', () => fileOf('x', `{"format":${'['.repeat(500_000)}`), /x: /],
    ['a bomb', () => fileOf('x', gzipSync(Buffer.alloc(80 * 2 ** 20))), /at most 67108864 bytes/],
  ])('%s ends with 4, says why, and prints nothing else', (_, path, why) => {
    for (const args of [
      ['map', path()],
      ['find', path(), '0'],
      ['diff', path(), Q35],
      ['replay', path()],
    ]) {
      const { code, out, err } = run(...args)
      expect({ code, out }).toEqual({ code: 4, out: '' })
      expect(err).toMatch(/^guestmem: /)
      expect(err.length).toBeLessThan(2000)
      if (args[0] !== 'replay') expect(err).toMatch(why)
    }
  })

  test('an input without end is not read to its end', () => {
    const { code, err } = runWith({ heap: 200 }, files.command, 'map', '/dev/zero')
    expect(code).toBe(4)
    expect(err).toContain('at most 67108864 bytes')
  })

  test('names that would steer a terminal are printed as what they are', () => {
    const path = fileOf('steer.txt', mtree('0000000000001000-0000000000001fff (prio 0, ram): \u001b[31mred\u202e'))
    for (const args of [
      ['map', path],
      ['find', path, '0x1000'],
      ['diff', path, Q35],
      ['map', path, '--svg'],
    ]) {
      const { out } = run(...args)
      expect(out).not.toContain('\u001b')
      expect(out).not.toContain('\u202e')
      expect(out).toContain('\\x1b[31mred\\u202e')
    }
  })
})

test('colours are for terminals that want them', () => {
  expect(hasColours({ isTTY: true }, {})).toBe(true)
  expect(hasColours({ isTTY: true }, { NO_COLOR: '' })).toBe(true)
  expect(hasColours({ isTTY: true }, { NO_COLOR: '1' })).toBe(false)
  expect(hasColours({ isTTY: true }, { TERM: 'dumb' })).toBe(false)
  expect(hasColours({ isTTY: false }, {})).toBe(false)
  expect(hasColours({}, {})).toBe(false)
})

test('in a terminal there are colours, but not where NO_COLOR is set; in a pipe there are none', () => {
  const inTerminal = (env: object) =>
    spawnSync('script', ['-qec', `${process.execPath} ${files.command} map '${Q35}' --space memory`, '/dev/null'], {
      encoding: 'utf8',
      env: { ...process.env, TERM: 'xterm', NO_COLOR: '', ...env },
    })
  expect(run('map', Q35).out).not.toContain('\u001b')
  const { stdout, error } = inTerminal({})
  // Some systems have no such program: there the test above is all.
  if (error !== undefined) return
  expect(stdout).toContain('(prio 0, \u001b[32mram\u001b[0m): pc.ram')
  expect(inTerminal({ NO_COLOR: '1' }).stdout).not.toContain('\u001b')
})

test('who has seen enough of the output ends the command without an error', () => {
  const hex = (value: number) => value.toString(16).padStart(16, '0')
  const lines = Array.from({ length: 5000 }, (_, i) => `${hex(i * 8192)}-${hex(i * 8192 + 4095)} (prio 0, ram): r${i}`)
  const many = fileOf('many.txt', mtree(...lines))
  const shell = `"${process.execPath}" "${files.command}" map '${many}' --json | head -c 10; echo " \${PIPESTATUS[0]}"`
  const { stdout, stderr } = spawnSync('bash', ['-c', shell], { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(stdout).toMatch(/ 0\n$/)
})
