import { GuestRam, type RamBlock, SparseRam } from 'guestmem'
import { expect, test } from 'vitest'
import { OverwrittenPages } from '../../src/snapshot/overwritten-pages.ts'

const PAGE = 4096
const PAGES = 2100

function blockOf(fill: (view: Uint8Array) => void): RamBlock {
  const block = GuestRam.allocate(PAGES * PAGE).block('ram', PAGES * PAGE - 100)
  fill(block.view())
  return block
}

test('pages in use that will begin otherwise are counted once each, and no others', () => {
  // Of four pages one is zero; one has its only byte at its end.
  const block = blockOf(view => {
    for (let page = 0; page < 100; page++) {
      if (page % 4 !== 0) view.fill(page, page * PAGE, page * PAGE + PAGE)
      if (page % 4 === 1) view.fill(0, page * PAGE, page * PAGE + PAGE - 1)
    }
  })
  const bytes = new Uint8Array(3 + 64 * PAGE).fill(200)
  // Those that are 3 modulo 4 will begin as they do, and differ at their end.
  for (let i = 0; i < 64; i++) if (i % 4 === 3) bytes.fill(i, 3 + i * PAGE, 3 + i * PAGE + 100)
  const overwritten = new OverwrittenPages()
  overwritten.data(block, 0, 64, bytes, 3)
  expect(overwritten.least).toBe(32)
  overwritten.data(block, 0, 64, bytes, 3)
  expect(overwritten.least).toBe(32)
  overwritten.data(block, 61, 3, new Uint8Array(3 * PAGE).fill(201), 0)
  expect(overwritten.least).toBe(33)
  overwritten.data(
    blockOf(view => view.fill(1)),
    PAGES - 2,
    2,
    new Uint8Array(2 * PAGE),
    0,
  )
  expect(overwritten.least).toBe(35)
})

test('memory that nobody uses is not looked at for long, and allocated by nothing', () => {
  const block = blockOf(view => view.fill(1, 1100 * PAGE))
  const bytes = new Uint8Array(64 * PAGE).fill(2)
  const overwritten = new OverwrittenPages()
  for (let page = 0; page < 2048; page += 64) overwritten.data(block, page, 64, bytes, 0)
  expect(overwritten.least).toBe(0)
  const [sparse] = new SparseRam().blocks('sparse', PAGES * PAGE) as [RamBlock]
  new OverwrittenPages().data(sparse, 0, 64, bytes, 0)
  expect(sparse.ram.allocated).toBe(false)
})
