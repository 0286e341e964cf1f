import { formatLitmus, runLitmus } from '../../../../src/litmus/litmus.ts'
import { FUNCTION, type Kind, OPTIONS, optional } from '../kinds.ts'
import { arg, object, type Row, row } from '../row.ts'

class Begun extends Error {}

/** Ends a run before its first race: no thread is started. */
function stop(): never {
  throw new Begun('the options were taken')
}

/** An address, or a function that starts a thread. */
const WORKER: Kind = { string: value => (value === '' ? 'refuses' : 'takes'), function: 'takes' }

const REPORT = { host: 'x86-64', order: 'host', rows: [], verdict: 'not shown', notShown: [] }

/** The same options, with which no race is run where they are taken. */
function stopped(options: unknown): unknown {
  if (options === undefined) return { onProgress: stop }
  if (typeof options !== 'object' || options === null || Array.isArray(options)) return options
  try {
    const { onProgress = stop } = options as { onProgress?: unknown }
    return { ...options, onProgress: typeof onProgress === 'function' ? stop : onProgress }
  } catch {
    return options
  }
}

export const LITMUS_ROWS: readonly Row[] = [
  row(
    'runLitmus',
    [
      object(
        'options',
        OPTIONS,
        [
          arg('seconds', optional({ number: value => (value > 0 && value < 2 ** 31 ? 'takes' : 'refuses') }), () => 1),
          arg('worker', optional(WORKER), () => new URL('file:///nowhere')),
          arg('onProgress', optional(FUNCTION), () => stop),
        ],
        { closed: true, type: 'LitmusOptions' },
      ),
    ],
    async (_, options) => {
      try {
        await runLitmus(stopped(options) as never)
      } catch (error) {
        if (!(error instanceof Begun)) throw error
      }
    },
    { repeats: false },
  ),
  row('formatLitmus', [arg('report', {}, () => REPORT)], (_, report) => formatLitmus(report)),
]
