import { soak } from './soak-rounds.ts'

// On a page, whose main thread is the owner: the server gets the report.

const minutes = Number(new URL(location.href).searchParams.get('minutes'))
const report = await soak(new URL('./vcpu.mjs', import.meta.url).href, minutes).catch((error: unknown) => ({
  faults: [String(error)],
  rounds: {},
}))
await fetch('/report', { method: 'POST', body: JSON.stringify(report) })
