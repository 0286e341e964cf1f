import fc from 'fast-check'
import { restoreMachine, saveMachine } from 'guestmem/snapshot'
import { describe, expect, test } from 'vitest'
import { LONG, runs } from '../support/campaign.ts'
import { act, build, close, machinePlan, perform, seen, wrongByte } from './support/random-machine.ts'
import { bytesOf, inPieces } from './support/streams.ts'

const acts = fc.array(act, { maxLength: 30, ...LONG })

describe('a machine is saved and restored', () => {
  test('with all that its map can become, into one that has become something else', async () => {
    await fc.assert(
      fc.asyncProperty(machinePlan, acts, acts, fc.integer({ min: 0, max: 2 }), async (plan, before, other, how) => {
        const saved = build(plan)
        for (const each of before) perform(saved, each)
        const wanted = seen(saved)
        const file = await bytesOf(saveMachine(saved.spaces, saved.options))
        expect(seen(saved)).toEqual(wanted)
        expect(wrongByte(saved, saved.model)).toBeUndefined()

        const restored = build(plan)
        for (const each of other) perform(restored, each)
        const source = how === 0 ? file : how === 1 ? new Blob([file as never]) : inPieces(file, 1, 4096, 77)
        await restoreMachine(restored.spaces, source, restored.options)
        expect(seen(restored)).toEqual(wanted)
        expect(wrongByte(restored, saved.model)).toBeUndefined()
        close(saved)
        close(restored)
      }),
      runs(600),
    )
  })
})
