import { test } from 'vitest'
import { pursue } from '../../support/campaign.ts'
import { NOTIFIERS } from './support/notifier-campaigns.ts'

test.each(NOTIFIERS.map(campaign => [campaign.name, campaign] as const))('%s', (_, campaign) => pursue(campaign))
