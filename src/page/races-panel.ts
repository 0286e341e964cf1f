import { type LitmusReport, runLitmus } from '../litmus/litmus.ts'
import { element, made } from './elements.ts'

/** The panel that races the copies in two threads of this engine. */
export function startRaces(): void {
  const form = element<HTMLFormElement>('race')
  const start = element<HTMLButtonElement>('start')
  const progress = element<HTMLProgressElement>('progress')
  form.addEventListener('submit', async event => {
    event.preventDefault()
    start.disabled = true
    progress.hidden = false
    element('results').replaceChildren()
    try {
      const report = await runLitmus({
        seconds: element<HTMLInputElement>('seconds').valueAsNumber,
        onProgress(done, total, race, copy) {
          progress.max = total
          progress.value = done
          tell(done === total ? '' : `${race}: ${copy}`)
        },
      })
      tell(`Verdict: ${report.verdict}. ${meaning(report)}`, report.verdict === 'WRONG')
      element('results').replaceChildren(...tables(report))
    } catch (error) {
      tell(error instanceof Error ? error.message : String(error), true)
    } finally {
      start.disabled = false
      progress.hidden = true
    }
  })
}

function meaning({ verdict, notShown, host, order }: LitmusReport): string {
  const where = `Host ${host}, the ${order} order.`
  if (verdict === 'WRONG') return `One of guestmem's copies was caught. ${where}`
  if (verdict === 'not shown')
    return `No bad copy was caught in ${notShown.join(', ') || 'some race'}: that shows nothing of it. ${where}`
  return `None of guestmem's copies was caught, and in each race a bad one was. ${where}`
}

function tables({ rows }: LitmusReport): HTMLElement[] {
  return [...new Set(rows.map(({ race }) => race))].map(race => {
    const copies = rows.filter(row => row.race === race)
    const [first] = copies
    const head = ['Copy', `seen: ${first?.allowed}`, `caught: ${first?.forbidden}`, '']
    return made(
      'table',
      {},
      made('caption', {}, `${race} (${first?.hazard})`),
      made('thead', {}, made('tr', {}, ...head.map(text => made('th', { scope: 'col' }, text)))),
      made(
        'tbody',
        {},
        ...copies.map(({ copy, ours, rounds, caught }) =>
          made(
            'tr',
            {},
            made('th', { scope: 'row' }, copy),
            made('td', {}, String(Math.max(0, rounds - caught))),
            made('td', {}, String(caught)),
            made(
              'td',
              {},
              caught > 0 ? (ours ? 'WRONG' : 'caught') : ours ? 'never, as promised' : 'not seen in this run',
            ),
          ),
        ),
      ),
    )
  })
}

function tell(text: string, isError = false): void {
  const status = element('race-status')
  status.textContent = text
  status.className = isError ? 'error' : ''
}
