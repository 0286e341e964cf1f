// Assembles ordered.wat into ordered.wasm.ts: the bytes that ship, and that tests instrument.
// Three tiers, for engines with two memories (WebAssembly's multi-memory); kernel.ts makes those for one memory of them.
// And the kernels of src/snapshot: page-kernel.wat into page-kernel.wasm.ts, and so on.
// `npm run kernels` writes the files; `npm run kernels -- --check` fails if one in the tree differs.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import wabtInit from 'wabt'

/** What wabt is to know of. */
export const FEATURES = { threads: true, simd: true, multi_memory: true, bulk_memory: true, mutable_globals: true }
/** Those that are most like one another side by side, for gzip. */
const TIERS = ['language', 'narrow', 'wide']
const IMPORT_SECTION = 2
const CODE_SECTION = 10
/**
 * What an index of memory is in the text that ships, where an access names one: bytes that the kernels have nowhere else,
 * which is checked. SRC and DST are those of the one text of `copy`, `copyIn` and `copyOut`.
 */
const MARKS = { RAM: 0x54, TMP: 0x55, SRC: 0x56, DST: 0x57 }
/** The atomic stores of the language tier are to guest RAM alone: its `copyOut` is a text of its own. */
const INSTANCES = {
  language: 'copy $dst=$ram $src=$src; copyIn $dst=$ram $src=$tmp; copyOut $dst=$tmp $src=$ram',
  others: 'copy $dst=$dst $src=$src; copyIn $dst=$dst $src=$tmp; copyOut $dst=$tmp $src=$src',
}

const here = name => fileURLToPath(new URL(name, import.meta.url))

/** Keeps or drops what stands between `;; name{` and `;; }name`, markers included. */
function section(text, name, keep) {
  return text.replace(new RegExp(`\\n *;; ${name}\\{([\\s\\S]*?)\\n *;; \\}${name}`, 'g'), keep ? '$1' : '')
}

/** Writes the `each{ name $dst=.. $src=..; ..` function once per name, for its pair of memories. */
function instances(text) {
  return text.replace(/\n *;; each\{ (.*)\n([\s\S]*?)\n *;; \}each/g, (_, list, body) =>
    list
      .split(';')
      .map(entry => {
        const [name, ...pairs] = entry.trim().split(' ')
        const memories = Object.fromEntries(pairs.map(pair => pair.split('=')))
        return `\n${body.replaceAll('$each', `$${name}`).replaceAll('"each"', `"${name}"`)}`.replace(
          / (\$dst|\$src)\b/g,
          (_, memory) => ` ${memories[memory]}`,
        )
      })
      .join(''),
  )
}

/** Every plain store to guest RAM becomes an atomic one, except between the `plain` marks. */
function atomicStores(text) {
  return text
    .split(/(\n *;; plain\{[\s\S]*?\n *;; \}plain)/)
    .map((part, index) =>
      index % 2 === 1
        ? part
        : part.replace(/\b(i32|i64)\.store(8|16|32)? \$ram/g, (_, type, width = '') => `${type}.atomic.store${width}`),
    )
    .join('')
}

/** A string of one character per byte, which is `SHIFT` above it: printable, for most of what kernels are made of. */
const SHIFT = 40

function literal(bytes) {
  const characters = Array.from(bytes, byte => {
    const code = (byte + SHIFT) % 256
    const character = String.fromCharCode(code)
    if (code < 32 || code > 126) return `\\x${code.toString(16).padStart(2, '0')}`
    return character === "'" || character === '\\' ? `\\${character}` : character
  })
  return `'${characters.join('')}'`
}

/** The text of one tier for one or two memories. Guest RAM is memory 0, which an instruction need not name. */
export function tierText(source, tier, memories) {
  let text = section(section(source, 'wide', tier === 'wide'), 'slim', tier !== 'wide')
  text = section(text, 'narrow', tier === 'narrow')
  text = section(text, 'language', tier === 'language')
  text = instances(text)
  if (tier === 'language') text = atomicStores(text)
  if (memories === 1) {
    text = text.replace(/\n *\(import "guestmem" "tmp".*/, '')
    text = text.replace(/(\.(?:load|store|copy)\w*)((?: \$(?:ram|tmp))+)/g, '$1')
  }
  return text.replace(/(\.(?:load|store)\w*) \$ram\b/g, '$1')
}

/** An unsigned LEB128 number, and where it ends. */
function leb128(bytes, at) {
  for (let value = 0, shift = 0; ; shift += 7) {
    value |= (bytes[at] & 127) << shift
    if (bytes[at++] < 128) return [value, at]
  }
}

/** Where the contents of a section begin, and where they end. */
function sectionOf(bytes, wanted) {
  for (let at = 8; ; ) {
    const id = bytes[at]
    const [size, start] = leb128(bytes, at + 1)
    at = start + size
    if (id === wanted) return [start, at]
  }
}

const upToImports = bytes => bytes.subarray(0, sectionOf(bytes, IMPORT_SECTION)[1])

/** What follows the imports: up to the first three functions, each of those, and what is behind them. */
function parts(bytes) {
  const [, start] = sectionOf(bytes, IMPORT_SECTION)
  let [, at] = leb128(bytes, sectionOf(bytes, CODE_SECTION)[0])
  const ends = [at]
  for (let i = 0; i < 3; i++) {
    const [size, body] = leb128(bytes, at)
    at = body + size
    ends.push(at)
  }
  return [start, ...ends].map((from, i) => bytes.subarray(from, ends[i]))
}

function bytesOf(wabt, text) {
  const module = wabt.parseWat('ordered.wat', text, FEATURES)
  module.validate(FEATURES)
  const bytes = module.toBinary({}).buffer
  module.destroy()
  return bytes
}

/** The text of a tier whose accesses name the memories of MARKS: so many others then come before them. */
function markedText(source, tier) {
  const text = tierText(source.replace(/(?<=each\{ )copy .*/, INSTANCES[tier] ?? INSTANCES.others), tier, 2)
  const others = '(import "" "" (memory 1))'.repeat(MARKS.TMP - 1)
  const named = '(import "" "" (memory $src 1)) (import "" "" (memory $dst 1))'
  return text.replace(/\(import "guestmem" "tmp".*/, `${others}$&${named}`)
}

const exchange = (bytes, from, to) => String(bytes.map(byte => (byte === from ? to : byte)))

export async function assemble() {
  const wabt = await wabtInit()
  const source = readFileSync(here('ordered.wat'), 'utf8')
  const heads = new Set()
  const tiers = TIERS.map(tier => {
    const [one, two] = [1, 2].map(memories => bytesOf(wabt, tierText(source, tier, memories)))
    heads.add([one, two].map(bytes => literal(upToImports(bytes))).join(', '))
    if (Object.values(MARKS).some(mark => two.includes(mark))) throw new Error('MARKS must be bytes that no kernel has')
    const [front, copy, copyIn, copyOut, back] = parts(bytesOf(wabt, markedText(source, tier)))
    const own = tier === 'language' ? [...copyOut] : []
    if (
      exchange(copyIn, MARKS.TMP, MARKS.SRC) !== String(copy) ||
      (own.length === 0 && exchange(copyOut, MARKS.TMP, MARKS.DST) !== String(copy))
    )
      throw new Error(`${tier}: copy, copyIn and copyOut must be one text`)
    return `  ${tier}: [${[front, copy, [...own, ...back]].map(literal).join(', ')}],`
  })
  if (heads.size !== 1) throw new Error('the tiers must have the same types and imports')
  return [
    '// Assembled from ordered.wat by `npm run kernels`; text, so that a bundler carries it and nothing is fetched. A',
    '// character per byte, because gzip then sees bytes, and how much the tiers have in common: it makes less of them than',
    '// of hex digits, and half of what it makes of base64.',
    '/** What each character is above its byte, modulo 256. */',
    `export const SHIFT = ${SHIFT}`,
    '/** The characters that stand for an index of memory, and for nothing else. */',
    ...Object.entries(MARKS).map(([name, mark]) => `export const ${name} = ${literal([mark])}`),
    '',
    '/** What every module begins with, for one memory and for two: up to the imports. */',
    `export const HEADS: readonly string[] = [${[...heads]}]`,
    '',
    '/** The rest of each tier: what is ahead of `copy`, its text, and what is behind it and its like. */',
    "export const KERNELS: Readonly<Record<'language' | 'narrow' | 'wide', readonly [string, string, string]>> = {",
    ...tiers,
    '}',
    '',
  ].join('\n')
}

/** The text of a kernel of src/snapshot, with what stands there once for several. */
export function pageKernelText(name) {
  return readFileSync(here(`../../snapshot/${name}.wat`), 'utf8').replace(
    /\n *;; each\{ (\w+): (.*)\n([\s\S]*?)\n *;; \}each/g,
    (_, name, list, body) =>
      list
        .split(' ')
        .map(each => `\n${body.replace(new RegExp(`${name}\\b`, 'g'), each)}`)
        .join(''),
  )
}

/** The kernels of src/snapshot. */
export const PAGE_KERNELS = ['page-kernel', 'zero-kernel']

export async function assemblePageKernel(name) {
  const constant = name.toUpperCase().replace('-', '_')
  return [
    `// Assembled from ${name}.wat by \`npm run kernels\`: a character per byte.`,
    '/** What each character is above its byte, modulo 256. */',
    `export const SHIFT = ${SHIFT}`,
    `export const ${constant} = ${literal(bytesOf(await wabtInit(), pageKernelText(name)))}`,
    '',
  ].join('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const files = { 'ordered.wasm.ts': await assemble() }
  for (const name of PAGE_KERNELS) files[`../../snapshot/${name}.wasm.ts`] = await assemblePageKernel(name)
  for (const [name, text] of Object.entries(files)) {
    if (!process.argv.includes('--check')) writeFileSync(here(name), text)
    else if (readFileSync(here(name), 'utf8') !== text) {
      console.error(`${here(name)} is not what its .wat assembles to: run \`npm run kernels\``)
      process.exit(1)
    }
  }
}
