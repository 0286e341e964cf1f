import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { bundle } from '../support/bundle.ts'

test('an aligned access to RAM of 1, 2 or 4 bytes allocates nothing', async () => {
  const program = bundle(new URL('./support/allocating-thread.ts', import.meta.url))
  const thread = new Worker(program.path)
  const { 'atomicAdd64, which makes bigints': known, ...rest } = await new Promise<Record<string, number>>(
    (take, fail) => {
      thread.on('message', take).on('error', fail)
    },
  )
  await thread.terminate()
  program.remove()
  // What is looked for would be seen.
  expect(known).toBeGreaterThan(12)
  // The profiler's own objects, and what is compiled meanwhile, are a part of a byte for each.
  expect(Object.entries(rest).filter(([, bytes]) => bytes > 1)).toEqual([])
})
