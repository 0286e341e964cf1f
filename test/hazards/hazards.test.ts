import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test, vi } from 'vitest'
import { HAZARDS } from './catalogue.ts'
import { OURS } from './ours.ts'
import { picture, pictureOf } from './picture.ts'
import { explore, type Run } from './scenario.ts'
import { STEPPED_ATOMICS } from './stepper.ts'

vi.mock('../../src/ram/kernels/kernel.ts', async real => (await import('./stepper.ts')).steppedKernels(await real()))
vi.mock('../../src/ram/access/views.ts', async real => (await import('./stepper.ts')).steppedViews(await real()))
vi.mock('../../src/ram/access/section-views.ts', async real =>
  (await import('./stepper.ts')).steppedSectionViews(await real()),
)
vi.stubGlobal('Atomics', Object.assign(Object.create(Atomics), STEPPED_ATOMICS))

const broken = (runs: readonly Run[]) => runs.filter(({ problem }) => problem !== undefined)

// Why QEMU is to have such a move as well (RULES M3).
describe.each(HAZARDS)('$id: $title', ({ cases, claims = [] }) => {
  describe.each(cases)('$scenario.name', ({ bad, scenario, ours = OURS }) => {
    test(`${bad.name} breaks the guest`, () => {
      const runs = explore(bad, scenario)
      expect(broken(runs).length).toBeGreaterThan(0)
    })

    test.each(ours)('$name does not, whenever the guest acts', copier => {
      for (const place of scenario.places ?? [scenario.place]) {
        const runs = explore(copier, scenario, place)
        // A copy that nobody could step through would pass.
        expect(runs[0]?.log.length).toBeGreaterThan(0)
        expect(broken(runs)[0]).toBe(undefined)
      }
    })
  })

  if (claims.length > 0)
    test.each(claims)('$name', ({ check }) => {
      expect(check()).toBe(undefined)
    })
})

describe('the pictures', () => {
  test.each(HAZARDS)('$id: docs/hazards/$slug.svg is the order of stores of today', async hazard => {
    await expect(picture(hazard)).toMatchFileSnapshot(`../../docs/hazards/${hazard.slug}.svg`)
  })

  test('the page steps through the same pictures', async () => {
    const list = JSON.stringify(HAZARDS.map(pictureOf), null, 1)
    const text = `// Made by \`npm run pictures\`, of the runs of test/hazards.
import type { HazardPicture } from './hazard-picture.ts'

export const PICTURES: readonly HazardPicture[] = ${list}
`
    await expect(text).toMatchFileSnapshot('../../src/page/hazard-pictures.ts')
  })

  test('the catalogue names each hazard, its picture and its test', () => {
    const text = readFileSync(new URL('../../docs/hazards/README.md', import.meta.url), 'utf8')
    for (const { id, title, slug } of HAZARDS) {
      expect(text).toContain(`## ${id}: ${title}\n`)
      expect(text).toContain(`(${slug}.svg)`)
      expect(text).toContain(`(../../test/hazards/${slug}.ts)`)
      expect(existsSync(new URL(`${slug}.ts`, import.meta.url))).toBe(true)
    }
  })
})
