import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundle, type Program } from './support/bundle.ts'

const FIXTURES = fileURLToPath(new URL('../fixtures/qemu/access/', import.meta.url))
const isCampaign = process.env.CAMPAIGN !== undefined
/** Machines of both byte orders; in a campaign all of them, and every case of each. */
const SOME = /^(?:aarch64-virt|aarch64-microbit|x86_64-q35|riscv64-virt|ppc64|s390x|m68k|mips)/
const files = readdirSync(FIXTURES).filter(name => name.endsWith('.json.gz'))
const MOST_CASES = isCampaign ? Number.POSITIVE_INFINITY : 400

let owner: Program
let member: Program
beforeAll(async () => {
  owner = await bundle('replay-owner.ts')
  member = await bundle('replay-member.ts')
})
afterAll(() => {
  owner.remove()
  member.remove()
})

const chosen = isCampaign ? files : files.filter(name => SOME.test(name)).slice(0, 8)

test('there are recordings', () => {
  expect(chosen.length).toBeGreaterThanOrEqual(4)
})

test.each(chosen)('%s: through a member in another thread, as QEMU did', async name => {
  const mailbox = new SharedArrayBuffer(2 ** 20)
  const serving = new Worker(owner.path, { workerData: { path: FIXTURES + name, mailbox, most: MOST_CASES } })
  const next = (): Promise<unknown> =>
    new Promise((resolve, reject) => serving.once('message', resolve).once('error', reject))
  const handles = await next()
  const told = next()
  const asking = new Worker(member.path, { workerData: { mailbox, handles } })
  const failed = new Promise((_, reject) => asking.once('error', reject))
  const report = (await Promise.race([told, failed])) as { made: number; different: unknown[]; count: number }
  await Promise.all([serving.terminate(), asking.terminate()])
  expect(report).toMatchObject({ different: [], count: 0 })
  expect(report.made).toBeGreaterThan(50)
})
