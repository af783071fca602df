/** `npm run chaos -- <name> --seed N --minutes M --json`: what the guarantees of docs/architecture.md must withstand (docs/chaos.md). */
import { runNamed } from '../namedCommand.ts';
import { analyzerChaos } from './analyzer/command.ts';
import { clusterChaos } from './cluster/command.ts';
import { collectorChaos } from './collector/command.ts';
import { processorChaos } from './processor/command.ts';

await runNamed('chaos', { processor: processorChaos, analyzer: analyzerChaos, collector: collectorChaos, cluster: clusterChaos });
