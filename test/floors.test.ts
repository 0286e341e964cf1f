import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { checkBytes } from './floors/bytes.ts'
import { checkOrder } from './floors/order.ts'
import { readTree, type Tree } from './floors/tree.ts'

const src = readTree(fileURLToPath(new URL('../src', import.meta.url)))
const fake = (files: Record<string, string>): Tree => new Map(Object.entries(files))

describe('the floors of src', () => {
  it('are there to be checked', () => {
    expect(src.has('index.ts')).toBe(true)
  })

  it('import downwards only, without cycles', () => {
    expect(checkOrder(src)).toEqual([])
  })

  it('touch guest bytes in one folder, and out of order only in the files that are listed', () => {
    expect(checkBytes(src)).toEqual([])
  })
})

describe('the check of imports finds', () => {
  const face = { 'index.ts': "export * from './ram/ram.ts'\nexport * from './cli/main.ts'" }
  const cases: [string, Record<string, string>, string[]][] = [
    [
      'nothing in a sound tree',
      {
        ...face,
        'host/table.ts': 'export const table = 1',
        'ram/ram.ts':
          "import { table } from '../host/table.js'\nimport './cell.ts'\nimport 'node:os'\nexport { table }",
        'ram/cell.ts': "// import './ram.ts'\nexport const text = `import '../cli/main.ts'`",
        'ram/kernels/assemble.mjs': "import wabt from 'wabt'",
        'cli/main.ts': "import type { table } from '../host/table.ts'",
      },
      [],
    ],
    [
      'a floor above',
      { 'host/table.ts': "import { a } from '../ram/a.ts'", 'ram/a.ts': 'export const a = 1' },
      ['host/table.ts:1: imports ../ram/a.ts: goes up from floor 0 to floor 1'],
    ],
    [
      'a floor above, wanted for its types only',
      {
        'ram/a.ts': "\nimport type { A } from '../space/a.ts'\nexport type B = import('../dma/b.ts').B",
        'space/a.ts': '',
        'dma/b.ts': '',
      },
      [
        'ram/a.ts:2: imports ../space/a.ts: goes up from floor 1 to floor 7',
        'ram/a.ts:3: imports ../dma/b.ts: goes up from floor 1 to floor 9',
      ],
    ],
    [
      'the ground, which imports no floor',
      { 'check.ts': "import './host/a.ts'", 'host/a.ts': '', 'host/b.ts': "import '../check.ts'" },
      ['check.ts:1: imports ./host/a.ts: goes up from the ground to floor 0'],
    ],
    [
      're-exports, import() and require()',
      {
        'host/a.ts': "export * from '../ram/b.ts'\nawait import('../ram/b.ts')\nrequire('../ram/b.ts')",
        'ram/b.ts': '',
      },
      [1, 2, 3].map(line => `host/a.ts:${line}: imports ../ram/b.ts: goes up from floor 0 to floor 1`),
    ],
    [
      'a neighbour on the same floor',
      { 'vfio/a.ts': "import '../threads/b.ts'", 'threads/b.ts': '' },
      ['vfio/a.ts:1: imports ../threads/b.ts: a neighbour on floor 10'],
    ],
    [
      'what a door sees behind the face, but not the face by its name, nor a door that the command line opens',
      {
        'ram/a.ts': '',
        'check.ts': '',
        'litmus/a.ts': "import 'guestmem'\nimport '../ram/a.ts'\nimport '../check.ts'",
        'cli/main.ts': "import '../litmus/a.ts'",
      },
      ['litmus/a.ts:2: imports ../ram/a.ts: lies behind the face, and a door sees the face alone'],
    ],
    [
      'the face, by its path and by its name',
      { 'index.ts': '', 'cli/main.ts': "import '../index.ts'\nimport 'guestmem'" },
      [
        'cli/main.ts:1: imports ../index.ts: is the face, which nobody in src imports',
        'cli/main.ts:2: imports guestmem: a package, and the library depends on none',
      ],
    ],
    [
      'what is not there, what is outside, and what cannot be read',
      { 'ram/a.ts': "import './b.ts'\nimport '../../test/c.ts'\nawait import(name)" },
      [
        'ram/a.ts:1: imports ./b.ts: is not there, or lies outside src',
        'ram/a.ts:2: imports ../../test/c.ts: is not there, or lies outside src',
        'ram/a.ts:3: imports (name): an import whose name is not a literal',
      ],
    ],
    [
      'a file on no floor',
      { 'attic/a.ts': '', 'b.ts': '' },
      ['attic/a.ts: stands on no floor', 'b.ts: stands on no floor'],
    ],
    [
      'cycles, through types too, and a file that imports itself',
      {
        'ram/a.ts': "import './b.ts'",
        'ram/b.ts': "import type { C } from './c.ts'",
        'ram/c.ts': "export { a } from './a.ts'",
        'ram/d.ts': "import './d.ts'",
      },
      ['cycle: ram/a.ts -> ram/b.ts -> ram/c.ts -> ram/a.ts', 'cycle: ram/d.ts -> ram/d.ts'],
    ],
  ]
  it.each(cases)('%s', (_, files, problems) => {
    expect(checkOrder(fake(files))).toEqual(problems)
  })
})

describe('the check of bytes finds', () => {
  const cases: [string, Record<string, string>, string[]][] = [
    [
      'nothing in a sound tree',
      {
        'space/a.ts':
          '// new DataView(memory.buffer)\nconst own = new Uint8Array(16); own.set([1]); new Map().set(1, 2)',
        'ram/a.ts': 'const blocks = new Map<string, number>(); blocks.set("a", 1); new Uint8Array(memory.buffer)',
        'ram/b.ts': 'class B { readonly #seen: Map<string, B> = make(); c() { this.#seen.set("b", this) } }',
        'host/a.ts': 'new Uint8Array(Uint16Array.of(1).buffer)',
        'ram/copy/bulk.ts': 'view.set(bytes); view.copyWithin(0, 1, 2)',
        'ram/copy/stage.ts': 'new DataView(memory.buffer)',
        'ram/kernels/bulk.wat': '(memory.copy)',
      },
      [],
    ],
    [
      'views and unordered calls outside the folder',
      {
        'space/a.ts':
          'new DataView(bytes)\nbytes.copyWithin(0, 1)\nnew Uint8Array(ram.memory.buffer, 4)\nnew BigInt64Array(sharedBuffer)',
        'dma/a.ts': 'const source = "(memory.copy (local.get 0))"',
        'dma/b.wat': '(memory.copy)',
      },
      [
        'space/a.ts:1: new DataView outside ram',
        'space/a.ts:2: .copyWithin( outside ram',
        'space/a.ts:3: new Uint8Array(ram.memory.buffer, 4) outside ram',
        'space/a.ts:4: new BigInt64Array(sharedBuffer) outside ram',
        'dma/a.ts:1: memory.copy outside ram',
        'dma/b.wat: memory.copy outside ram',
      ],
    ],
    [
      'unordered calls in the folder, in files that are not listed',
      {
        'ram/a.ts':
          'bytes.set(other)\nthis.view.set(other, 1)\nbytes.subarray(1).copyWithin(0, 1)\nnew DataView(bytes)',
      },
      ['.set(', '.set(', '.copyWithin(', 'new DataView'].map(
        (what, line) => `ram/a.ts:${line + 1}: ${what} in a file that is not on the list`,
      ),
    ],
  ]
  it.each(cases)('%s', (_, files, problems) => {
    expect(checkBytes(fake(files))).toEqual(problems)
  })

  it('a list that names a file outside the folder', () => {
    expect(checkBytes(fake({}), ['space/a.ts'])).toEqual(['space/a.ts: on the list, but outside ram'])
  })
})
