// Runs in the page, as somebody with a keyboard would use it, and sends the server what was not as it should be.
;(async () => {
  const failures = []
  let checks = 0
  const check = (name, is, detail = '') => {
    checks++
    if (!is) failures.push(`${name}${detail === '' ? '' : `: ${detail}`}`)
  }
  const $ = id => document.getElementById(id)
  const textOf = id => $(id).textContent.replace(/\s+/g, ' ').trim()
  const click = id => {
    $(id).focus()
    check(`${id} takes the focus`, document.activeElement === $(id))
    $(id).click()
  }
  const press = (id, key) => $(id).dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
  const put = (id, text) => {
    $(id).value = text
  }
  const until = async (name, is, seconds = 60) => {
    const end = performance.now() + 1000 * seconds
    while (!is() && performance.now() < end) await new Promise(resolve => setTimeout(resolve, 50))
    check(name, is())
  }
  const rows = () => [...$('ranges').rows].map(row => [...row.cells].map(cell => cell.textContent))

  addEventListener('error', event => failures.push(`error: ${event.message}`))
  addEventListener('unhandledrejection', event => failures.push(`rejection: ${event.reason}`))
  document.addEventListener('securitypolicyviolation', event => failures.push(`policy: ${event.violatedDirective}`))

  const names = () => {
    for (const one of document.querySelectorAll('button, input, select, textarea, progress, [role=tab]')) {
      const label = one.labels?.[0]?.textContent ?? ''
      const name = one.getAttribute('aria-label') ?? (label || one.textContent)
      check('every control has a name', name.trim() !== '', one.outerHTML.slice(0, 80))
    }
    for (const one of document.querySelectorAll('[aria-controls], [aria-labelledby], [aria-describedby]'))
      for (const attribute of ['aria-controls', 'aria-labelledby', 'aria-describedby'])
        for (const id of (one.getAttribute(attribute) ?? '').split(' ').filter(Boolean))
          check('what is referred to is there', $(id) !== null, id)
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id)
    check('no id is there twice', new Set(ids).size === ids.length, ids.join())
  }

  const tabs = () => {
    $('tab-map').focus()
    press('tab-map', 'ArrowRight')
    check('the arrow goes to the next tab', document.activeElement === $('tab-stores') && !$('panel-stores').hidden)
    check('the panel before is hidden', $('panel-map').hidden && $('tab-map').getAttribute('aria-selected') === 'false')
    press('tab-stores', 'End')
    check('End goes to the last tab', !$('panel-races').hidden && $('tab-races').tabIndex === 0)
    press('tab-races', 'ArrowRight')
    check('behind the last is the first', !$('panel-map').hidden && document.activeElement === $('tab-map'))
    const inOrder = [...document.querySelectorAll('[role=tab]')].filter(({ tabIndex }) => tabIndex === 0)
    check('one tab is in the order of the Tab key', inOrder.length === 1)
  }

  const map = () => {
    click('example')
    check(
      'the status says what is there',
      /1 address space, 12 ranges in memory/.test(textOf('map-status')),
      textOf('map-status'),
    )
    check(
      '128 GiB are in sight',
      textOf('window') === '0x0000_0000 to 0x001f_ffff_ffff, 128 GiB: 12 ranges',
      textOf('window'),
    )
    check('all ranges are listed', rows().length === 12, String(rows().length))
    check(
      'the picture says what it shows',
      $('strip').querySelector('svg').getAttribute('aria-label').includes('128 GiB'),
    )
    put('address', '0x901_0002')
    click('find')
    check('who answers is told', textOf('answer').includes('led + 0x2 (i/o)'), textOf('answer'))
    check(
      'and what it hides, and why',
      /board\.ram \+ 0x9010002 \(ram\): led has priority 2, board\.ram 0/.test(textOf('hides')),
      textOf('hides'),
    )
    check('it is told aloud', $('answer').getAttribute('aria-live') === 'polite')
    for (let step = 0; step < 17; step++) press('strip', '+')
    check('8 bytes are in sight', textOf('window').endsWith('8 B: 2 ranges'), textOf('window'))
    press('strip', '+')
    check('4 bytes are in sight', /0x0901_000\d to .*, 4 B: /.test(textOf('window')), textOf('window'))
    press('strip', '+')
    check('no less than 4 bytes', textOf('window').includes(', 4 B: '), textOf('window'))
    press('strip', 'Enter')
    check('Enter shows the range', textOf('window') === '0x0901_0000 to 0x0901_0003, 4 B: 1 range', textOf('window'))
    const colours = [...$('strip').querySelectorAll('rect')].map(rect => rect.getAttribute('width'))
    check('the range fills the picture', colours.join() === '1000', colours.join())
    press('strip', 'ArrowRight')
    check('the arrow moves', textOf('window').startsWith('0x0901_0001'), textOf('window'))
    press('strip', 'Home')
    check('Home shows all', textOf('window').includes('128 GiB'), textOf('window'))
    $('ranges').querySelector('[data-start="3489660928"]').focus()
    document.activeElement.click()
    check('a range of the list answers', textOf('answer').includes('nvme + 0x0 (i/o)'), textOf('answer'))
    check('by its alias', textOf('way').includes('an alias of pci'), textOf('way'))
    check('its row is marked', $('ranges').querySelector('[aria-current] button').dataset.start === '3489660928')
    check('the focus stays', document.activeElement.dataset.start === '3489660928')
    click('zoom-in')
    click('zoom-out')
    click('left')
    click('right')
    click('whole')
    const { left, top, width, height } = $('strip').getBoundingClientRect()
    const at = { clientX: left + width / 2, clientY: top + height / 2, bubbles: true, detail: 1 }
    $('strip').dispatchEvent(new MouseEvent('click', at))
    check('a click on the picture answers', textOf('answer').includes('board.ram + 0x'), textOf('answer'))
    $('strip').dispatchEvent(new WheelEvent('wheel', { ...at, deltaY: -1, cancelable: true }))
    check('the wheel zooms', textOf('window').includes('32 GiB'), textOf('window'))
    put('address', 'ten')
    click('find')
    check(
      'what is no address is told',
      /0xfee00000/.test(textOf('map-status')) && $('map-status').className === 'error',
    )
    put('address', '0x20_0000_0000')
    click('find')
    check('nothing is told, too', textOf('answer').includes('nothing is mapped'), textOf('answer'))
  }

  const texts = async () => {
    put('text', 'hello')
    $('source').requestSubmit()
    check('what is no map is told', $('map-status').className === 'error' && textOf('map-status') !== '')
    const machine = {
      format: 'qemu-mtree-corpus/1',
      regions: [
        {
          id: 1,
          name: '<img src=x onerror=alert(1)>',
          type: 'ram',
          addr: '0x0',
          size: '0x1000',
          priority: 0,
          terminates: true,
        },
      ],
      address_spaces: [{ name: '<b>disk</b>', root: 1 }],
    }
    const drop = name => {
      const data = new DataTransfer()
      data.items.add(new File([JSON.stringify(machine)], name))
      document.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }))
    }
    drop('machine.json')
    await until('a dropped file is shown', () => rows()[0]?.[3].startsWith('<img'))
    check(
      'names are text',
      rows()[0][3] === '<img src=x onerror=alert(1)>' && document.querySelector('main img, main b') === null,
    )
    check('names of spaces are, too', $('space').options[0].textContent === '<b>disk</b>')
    const many = Array.from({ length: 20000 }, (_, i) => {
      const start = i * 0x2000
      const hex = value => value.toString(16).padStart(16, '0')
      return `    ${hex(start)}-${hex(start + 0xfff)} (prio 0, ram): r${i}`
    })
    put(
      'text',
      `address-space: memory\n  0000000000000000-ffffffffffffffff (prio 0, i/o): system\n${many.join('\n')}\n`,
    )
    $('source').requestSubmit()
    check(
      'of very many ranges the first are listed',
      rows().length === 100 && textOf('more') === '19900 more: zoom in to see them.',
      textOf('more'),
    )
    check('and the picture has no more parts than columns', $('strip').querySelectorAll('rect').length <= 1000)
  }

  const stores = () => {
    click('tab-stores')
    const titles = [...$('hazard').options].map(({ textContent }) => textContent)
    check('all hazards are there', titles.length === 14, String(titles.length))
    for (const [index, title] of titles.entries()) {
      $('hazard').value = String(index)
      $('hazard').dispatchEvent(new Event('change'))
      const copies = [...$('copies').children]
      check('two copies', copies.length === 2)
      check('nothing has landed yet', $('copies').querySelectorAll('.stored, .now, .harms').length === 0, title)
      let steps = 0
      while ($('copies').textContent.includes('step ') && steps < 500) {
        $('step').click()
        steps++
      }
      const [bad, ours] = [...$('copies').children].map(one => one.querySelector('[role=status]'))
      check('the guest is broken', bad.className === 'error' && !bad.textContent.startsWith('step'), title)
      check('but not by ours', ours.className === '' && ours.textContent === 'The guest is not broken.', title)
      const twice = [...$('copies').children[1].querySelectorAll('td')].filter(cell => Number(cell.textContent) > 1)
      check('ours accesses no byte twice', twice.length === 0 || !/^H1[0-3]|^H5/.test(title), title)
    }
    click('back')
    check('a step back', $('copies').textContent.includes('step '))
    click('first')
    check('to the beginning', $('copies').querySelectorAll('.log li').length === 0)
    click('play')
    check('it plays', $('play').getAttribute('aria-pressed') === 'true')
    click('play')
    check('and stops', $('play').getAttribute('aria-pressed') === 'false')
  }

  const races = async () => {
    click('tab-races')
    check('the page is isolated', crossOriginIsolated)
    put('seconds', '1')
    $('race').requestSubmit()
    check('no second run meanwhile', $('start').disabled)
    await until('the races end', () => !$('start').disabled, 90)
    check(
      'they have a verdict',
      /^Verdict: (?:as promised|not shown)\./.test(textOf('race-status')),
      textOf('race-status'),
    )
    check('and tables', $('results').querySelectorAll('table').length >= 3)
  }

  try {
    if (location.search.startsWith('?machine')) {
      await until('the machine of the command line is shown', () => rows().length > 0)
      check('its space', $('space').options[0].textContent === 'given')
      check('and who answers', textOf('answer').includes('ram + 0x10 (ram)'), textOf('answer'))
    } else {
      names()
      tabs()
      map()
      names()
      await texts()
      stores()
      await races()
    }
  } catch (error) {
    failures.push(`${error}\n${error.stack}`)
  }
  await fetch('/report', { method: 'POST', body: JSON.stringify({ checks, failures }) })
})()
