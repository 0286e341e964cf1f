import { readFileSync } from 'node:fs'
import { CACHE_MODES, type CacheMode, DIRECT_ACCESS, type DirectAccess, MemTxResult } from 'guestmem'
import { expect, test, vi } from 'vitest'
import { STEPPED_ATOMICS } from '../hazards/stepper.ts'
import { type Board, board } from './board.ts'
import { isDirect } from './expected.ts'

vi.mock('../../src/ram/kernels/kernel.ts', async real =>
  (await import('../hazards/stepper.ts')).steppedKernels(await real()),
)
vi.mock('../../src/ram/access/views.ts', async real =>
  (await import('../hazards/stepper.ts')).steppedViews(await real()),
)
vi.mock('../../src/ram/access/section-views.ts', async real =>
  (await import('../hazards/stepper.ts')).steppedSectionViews(await real()),
)
vi.stubGlobal('Atomics', Object.assign(Object.create(Atomics), STEPPED_ATOMICS))

const PAGE = 4096
const bytes = Uint8Array.from({ length: PAGE }, (_, i) => i * 7)

/** The widths that a page written by `run` was stored at, each as often as it was: "3 x 8". */
function storesOf(made: Board, address: number, run: () => number): string {
  let result: number = -1
  const span = { address: made.bar.offset + address, length: PAGE }
  const problem = made.bus.run({ stores: span }, () => {
    result = run()
  })
  expect([problem, result]).toEqual([undefined, MemTxResult.OK])
  return `${made.bus.widths('store').length}`
}

/** The bytes that a window of a page takes of the budget. */
function bounced(made: Board, policy: DirectAccess): number {
  const space = made.spaces[policy]
  const before = space.bounceBytesLeft
  const window = space.map(0, PAGE, { write: true })
  const taken = before - space.bounceBytesLeft
  expect([window?.length, window?.direct]).toEqual([PAGE, taken === 0])
  // What the device of the old policy does next is what freezes the guest.
  expect(space.map(PAGE, PAGE) === undefined).toBe(taken === before)
  window?.unmap()
  return taken
}

function row(policy: DirectAccess, cacheMode: CacheMode): string {
  const cells = (['x86-64', 'aarch64'] as const).flatMap(host => {
    const made = board({
      host,
      cacheMode,
      lane: 'wasm',
      order: host === 'x86-64' ? 'host' : 'language',
      unaligned: 'split',
    })
    const space = made.spaces[policy]
    const [aligned, off] = [0, 1].map(at => storesOf(made, at, () => space.write(at, bytes)))
    return [`${aligned}, ${off}`, `${bounced(made, policy)}`]
  })
  return [`\`${policy}\``, cacheMode, isDirect(cacheMode, policy) ? 'yes' : 'no', ...cells].join(' | ')
}

test('S1.3: docs/DMA.md says of each policy and cache mode what a page costs', () => {
  const page = readFileSync(new URL('../../docs/DMA.md', import.meta.url), 'utf8')
  const table = [...page.matchAll(/^\| (`(?:by|normal)-.*?) *\|$/gm)].map(([, cells]) =>
    (cells as string)
      .split('|')
      .slice(0, 7)
      .map(cell => cell.trim())
      .join(' | '),
  )
  expect(table).toEqual(DIRECT_ACCESS.flatMap(policy => CACHE_MODES.map(mode => row(policy, mode))))
})
