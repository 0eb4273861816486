const testsOf = (suite) =>
  suite ? [...suite.tests, ...suite.suites.flatMap((inner) => testsOf(inner))] : [];

/** A reporter that closes with one line: `N passed, N failed, N skipped`. A file that didn't run counts as failed. */
export const closingLine = () => ({
  onTestRunFinished({ sessions }) {
    const all = [...sessions];
    const tests = all.flatMap(({ testResults }) => testsOf(testResults));
    const ran = tests.filter(({ skipped }) => !skipped);
    const passed = ran.filter((test) => test.passed).length;
    const broken = all.filter(
      (session) => !session.passed && testsOf(session.testResults).every((test) => test.passed),
    );
    const failed = ran.length - passed + broken.length;
    console.log(`\n${passed} passed, ${failed} failed, ${tests.length - ran.length} skipped`);
  },
});
