// Runs in the page, beside driver.js' other tests: attaches to a worker of this page's, or to the server's machine.
;(async () => {
  const failures = []
  let checks = 0
  const check = (name, is, detail = '') => {
    checks++
    if (!is) failures.push(`${name}${detail === '' ? '' : `: ${detail}`}`)
  }
  const $ = id => document.getElementById(id)
  const textOf = id => $(id).textContent.replace(/\s+/g, ' ').trim()
  const until = async (name, is, detail = () => '', seconds = 20) => {
    const end = performance.now() + 1000 * seconds
    while (!is() && performance.now() < end) await new Promise(resolve => setTimeout(resolve, 20))
    check(name, is(), detail())
  }
  const shown = () => Number(/^(\d+)/.exec(textOf('live-counts'))?.[1])
  const dropped = () => Number(/(\d+) dropped/.exec(textOf('live-counts'))?.[1])
  const regions = () =>
    Object.fromEntries(
      [...$('busiest').rows].map(({ cells }) => [
        cells[0].textContent,
        [...cells].slice(1).map(cell => Number(cell.textContent)),
      ]),
    )
  const lit = kind =>
    [...document.querySelectorAll('#lights [data-kind]')]
      .filter(({ dataset }) => kind === undefined || dataset.kind === kind)
      .map(({ dataset }) => Number(dataset.place))
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b)

  addEventListener('error', event => failures.push(`error: ${event.message}`))
  addEventListener('unhandledrejection', event => failures.push(`rejection: ${event.reason}`))
  document.addEventListener('securitypolicyviolation', event => failures.push(`policy: ${event.violatedDirective}`))
  let spoken = 0
  new MutationObserver(() => spoken++).observe($('live-status'), {
    childList: true,
    characterData: true,
    subtree: true,
  })

  /** What both ways have in common. @param act Has the machine do something. @returns Rounds of the machine so far. */
  const common = async act => {
    await until(
      'the map is the stream’s',
      () => [...$('ranges').rows].length === 2,
      () => textOf('ranges'),
    )
    check('it says that it is attached', textOf('live-status') === 'Attached.', textOf('live-status'))
    check('names are text', textOf('ranges').includes('<b>uart</b>') && document.querySelector('main b') === null)
    const before = spoken
    await act('run')
    // All is in sight: RAM at the left, the device at the right, nothing in the middle.
    await until(
      'reads and writes light up where they are',
      () => same(lit('read'), [55, 99]) && same(lit('write'), [0]),
      () => JSON.stringify([lit('read'), lit('write')]),
    )
    check(
      'the shapes differ',
      $('lights').querySelector('[data-kind=read]').tagName !== $('lights').querySelector('[data-kind=write]').tagName,
    )
    check('and are not read aloud', $('lights').getAttribute('aria-hidden') === 'true')
    const fades = [...document.querySelectorAll('#lights [opacity]')].length > 0
    check('they fade, unless motion is to be reduced', fades !== matchMedia('(prefers-reduced-motion: reduce)').matches)
    $('address').value = '0x90000002'
    $('find').click()
    $('to-range').click()
    await until(
      'the register that is read lights up',
      () =>
        same(
          lit('read'),
          Array.from({ length: 13 }, (_, i) => i + 25),
        ),
      () => JSON.stringify(lit('read')),
    )
    check('no write is there', lit('write').length === 0)
    $('whole').click()
    check('who hears the page is not told of each access', spoken - before <= 1, String(spoken - before))
    await until('some rounds are counted', () => shown() > 40)
    const rounds = await act('halt')
    await until(
      'every access is counted',
      () => shown() === 4 * rounds && dropped() === 0,
      () => `${textOf('live-counts')} of ${4 * rounds}`,
    )
    await until(
      'by region and kind',
      () =>
        same(regions(), {
          'ram (ram)': [0, 2 * rounds, 0],
          '<b>uart</b> (io)': [rounds, 0, 0],
          '(not mapped)': [rounds, 0, 0],
        }),
      () => JSON.stringify(regions()),
    )
    const latest = [...$('latest').rows].map(({ cells }) => [...cells].map(cell => cell.textContent))
    check('the latest accesses are listed', latest.length === 20)
    check(
      'the newest first',
      same(latest.slice(0, 2), [
        ['0x5000_0000', 'read', '1', '0x0', 'nothing in memory, failed'],
        ['0x9000_0002', 'read', '1', '0x60', '<b>uart</b> + 0x2'],
      ]),
      JSON.stringify(latest.slice(0, 2)),
    )
    await until('marks go', () => lit().length === 0)
    await act('hotAdd')
    await until('what is added to the machine is added to the map', () => textOf('ranges').includes('late'))
    check(
      'what was chosen remains',
      $('address').value === '0x9000_0002' && textOf('answer').includes('<b>uart</b> + 0x2'),
    )
    await act('garbage')
    await until(
      'what is no trace is refused, and said so',
      () => /\d+ messages refused, the last because /.test(textOf('live-refused')),
      () => textOf('live-refused'),
    )
    check(
      'nothing else is changed by it',
      shown() === 4 * rounds && textOf('live-status') === 'Attached.',
      textOf('live-status'),
    )
    $('pause').click()
    check('it pauses', $('pause').getAttribute('aria-pressed') === 'true' && textOf('live-status').startsWith('Paused'))
    const counts = JSON.stringify(regions())
    await act('run')
    await until(
      'what comes is counted meanwhile',
      () => /, [1-9]\d+ not shown while paused/.test(textOf('live-counts')),
      () => textOf('live-counts'),
    )
    check('and not shown', JSON.stringify(regions()) === counts)
    $('pause').click()
    await until('it goes on', () => lit('write').length > 0)
    const all = await act('halt')
    await until(
      'all were counted',
      () => shown() === 4 * all,
      () => `${textOf('live-counts')} of ${4 * all}`,
    )
    const more = await act('burst')
    await until(
      'what was too much is counted as dropped',
      () => shown() + dropped() === 4 * more && dropped() > 30_000,
      () => `${textOf('live-counts')} of ${4 * more}`,
    )
    return more
  }

  const channel = async () => {
    await until(
      'a channel where nobody is',
      () => textOf('live-status').startsWith('Waits'),
      () => textOf('live-status'),
    )
    const worker = new Worker('channel-machine.js')
    const act = name =>
      new Promise(resolve => {
        worker.onmessage = ({ data }) => resolve(data)
        worker.postMessage(name)
      })
    await common(act)
    await act('end')
    await until(
      'the end is told',
      () => textOf('live-status').includes('ended'),
      () => textOf('live-status'),
    )
    await act('again')
    await until(
      'it goes on when the machine does',
      () => textOf('live-status') === 'Attached.',
      () => textOf('live-status'),
    )
    await act('run')
    const rounds = await act('halt')
    await until(
      'and begins to count anew',
      () => shown() === 4 * rounds,
      () => `${textOf('live-counts')} of ${4 * rounds}`,
    )
    $('detach').click()
    check('detached', textOf('live-status') === 'Detached.' && $('pause').disabled && $('detach').disabled)
    check('the focus is where one attaches again', document.activeElement === $('place'))
    await act('run')
    await new Promise(resolve => setTimeout(resolve, 300))
    check('and nothing comes', shown() === 4 * rounds && lit().length === 0)
    $('attach').requestSubmit()
    await until('it attaches again', () => textOf('live-status') === 'Attached.' && lit('write').length > 0)
    worker.terminate()
    $('detach').click()
    for (const [text, told] of [
      ['', /type the name/],
      ['http://localhost/', /ws:\/\//],
      ['ws://', /ws:\/\//],
      ['x'.repeat(1001), /1000/],
    ]) {
      $('place').value = text
      $('attach').requestSubmit()
      check(
        'what is no place is told',
        told.test(textOf('live-status')) && $('live-status').className === 'error',
        textOf('live-status'),
      )
    }
  }

  const socket = async () => {
    const act = async name => Number(await (await fetch('act', { method: 'PUT', body: name })).text())
    const rounds = await common(act)
    await act('breakOff')
    await until(
      'a lost connection is told',
      () => textOf('live-status').startsWith('Lost'),
      () => textOf('live-status'),
    )
    await until(
      'and attached again by itself',
      () => textOf('live-status') === 'Attached.',
      () => textOf('live-status'),
    )
    const before = shown() + dropped()
    await act('run')
    const later = await act('halt')
    await until(
      'it goes on counting',
      () => shown() + dropped() - before >= 4 * (later - rounds),
      () => `${textOf('live-counts')} after ${before} and ${later - rounds} rounds`,
    )
    await act('flood')
    await until(
      'of too much garbage it lets go',
      () => textOf('live-status').startsWith('Detached: '),
      () => textOf('live-status'),
    )
    $('place').value = 'ws://127.0.0.1:1/'
    $('attach').requestSubmit()
    await until(
      'where nobody is, that is told',
      () => textOf('live-status').startsWith('Nothing answers there'),
      () => textOf('live-status'),
    )
  }

  try {
    if (location.search.includes('channel')) await channel()
    else await socket()
  } catch (error) {
    failures.push(`${error}\n${error.stack}`)
  }
  await fetch('/report', { method: 'POST', body: JSON.stringify({ checks, failures }) })
})()
