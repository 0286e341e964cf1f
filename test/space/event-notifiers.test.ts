import { test } from 'vitest'
import { pursue } from './campaign.ts'
import { NOTIFIERS } from './notifier-campaigns.ts'

test.each(NOTIFIERS.map(campaign => [campaign.name, campaign] as const))('%s', (_, campaign) => pursue(campaign))
