import { expect, test } from 'vitest'
import { kernelBytes } from '../../src/ram/kernels/kernel.ts'
import { moduleText } from './module-text.ts'

/** The shipped bytes as text again, a function each, by its exported name where it has one. */
function functions(memories: 1 | 2): Map<string, string> {
  const text = moduleText(kernelBytes('language', memories))
  const names = new Map([...text.matchAll(/\(export "(\w+)" \(func (\d+)\)\)/g)].map(([, name, at]) => [at, name]))
  const bodies = text.split(/\n {2}\(func /).slice(1)
  return new Map(
    bodies.map(body => {
      const index = /^\(;(\d+);\)/.exec(body)?.[1] ?? '?'
      return [names.get(index) ?? `function ${index}`, body]
    }),
  )
}

/** Made for cells that are not aligned, where no atomic access can be; nothing else calls them. */
const UNALIGNED_CELLS = ['store16', 'store32', 'store64']
const PLAIN_TO_RAM = /\b(?:i32|i64|v128)\.store(?:8|16|32)?(?! 1)(?: |$)/
const ATOMIC = /\b(?:i32|i64)\.atomic\.store/g

test('language order: every store to guest RAM that ships is atomic', () => {
  const found = functions(2)
  expect(found.size).toBeGreaterThan(15)
  const plain = [...found].filter(([, body]) => PLAIN_TO_RAM.test(body.replaceAll(/\n/g, ' '))).map(([name]) => name)
  expect(plain.sort()).toEqual(UNALIGNED_CELLS)
  expect(found.get('copy')).toMatch(ATOMIC)
})

test('the build for one memory has the same atomic stores', () => {
  const counts = ([...functions(1)] as const).map(([name, body]) => [name, body.match(ATOMIC)?.length ?? 0])
  expect(counts).toEqual([...functions(2)].map(([name, body]) => [name, body.match(ATOMIC)?.length ?? 0]))
})
