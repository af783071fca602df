/** Import boundaries: schemas <- pure domain <- main.ts -> infra. See docs/architecture.md. */
const only = (name, comment, module, folder) => ({
  name, comment, severity: 'error',
  from: { path: '^(schemas|producers|streams|consumers|infra)/', pathNot: folder },
  to: { path: `^node_modules/${module}` },
});
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    { name: 'schemas-import-nothing-of-ours', severity: 'error', from: { path: '^schemas/' }, to: { path: '^(producers|streams|consumers|infra|test)/' } },
    { name: 'producers-alone', severity: 'error', from: { path: '^producers/' }, to: { path: '^(streams|consumers|test)/' } },
    { name: 'sdk-alone', comment: 'It runs in other people\'s programs: no dependency, nothing of the platform.', severity: 'error', from: { path: '^producers/sdk/', pathNot: '/build\\.ts$' }, to: { path: '^(schemas|infra|node_modules|producers/(?!sdk/))' } },
    { name: 'sdk-for-browsers', comment: 'Only its Node part may use Node.', severity: 'error', from: { path: '^producers/sdk/(core|browser)/' }, to: { dependencyTypes: ['core'] } },
    { name: 'adapters-are-pure', comment: 'JSON in, an event\'s JSON out: the collector brings them to HTTP.', severity: 'error', from: { path: '^producers/adapters/' }, to: { path: '^(infra|node_modules|producers/(?!adapters/))' } },
    { name: 'streams-alone', severity: 'error', from: { path: '^streams/' }, to: { path: '^(producers|consumers|test)/' } },
    { name: 'consumers-alone', severity: 'error', from: { path: '^consumers/' }, to: { path: '^(producers|streams|test)/' } },
    { name: 'consumers-do-not-mix', comment: 'The analyzer, the sink and the alerts meet in schemas/.', severity: 'error', from: { path: '^consumers/([^/]+)/' }, to: { path: '^consumers/', pathNot: '^consumers/$1/' } },
    { name: 'page-alone', comment: 'It runs in browsers, and is served file by file: nothing but itself, and the types of what the API answers.', severity: 'error', from: { path: '^consumers/dashboard/page/' }, to: { pathNot: '^(consumers/dashboard/page/|consumers/dashboard/shapes\\.ts$|node_modules/@types/)' } },
    { name: 'infra-knows-no-service', comment: 'Only the command line composes them.', severity: 'error', from: { path: '^infra/', pathNot: '^infra/cli/' }, to: { path: '^(producers|streams|consumers|test)/' } },
    { name: 'implementations-only-from-main', comment: 'Domain code sees ports (types), never an implementation.', severity: 'error', from: { path: '^(producers|streams|consumers)/', pathNot: '/main\\.ts$' }, to: { path: '^infra/(kafka|registry|clickhouse|local|cli|settings)', dependencyTypesNot: ['type-only'] } },
    only('kafkajs-in-one-folder', 'Another client must be able to take its place.', 'kafkajs', '^infra/kafka/'),
    only('clickhouse-in-one-folder', '', '@clickhouse/client', '^infra/(clickhouse|local)/'),
    only('registry-in-one-folder', '', '@kafkajs/confluent-schema-registry', '^infra/registry/'),
    only('kmeans-in-one-folder', '', 'ml-kmeans', '^consumers/analyzer/expertise/'),
    only('nodemailer-in-one-folder', '', 'nodemailer', '^consumers/alerts/'),
    only('fastify-in-two-folders', 'The two that serve people over HTTP.', 'fastify', '^(producers/collector|consumers/dashboard)/'),
  ],
  options: { doNotFollow: { path: 'node_modules' }, tsConfig: { fileName: 'tsconfig.json' }, tsPreCompilationDeps: true, enhancedResolveOptions: { extensions: ['.ts', '.js', '.json'], exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] } },
};
