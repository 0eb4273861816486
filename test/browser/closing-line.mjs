const testsOf = (suite) =>
  suite ? [...suite.tests, ...suite.suites.flatMap((inner) => testsOf(inner))] : [];

/** A reporter that closes with one line: `N passed, N failed`. A file that didn't run counts as failed. */
export const closingLine = () => ({
  onTestRunFinished({ sessions }) {
    const all = [...sessions];
    const ran = all.flatMap(({ testResults }) => testsOf(testResults)).filter(({ skipped }) => !skipped);
    const passed = ran.filter((test) => test.passed).length;
    const broken = all.filter(
      (session) => !session.passed && testsOf(session.testResults).every((test) => test.passed),
    );
    console.log(`\n${passed} passed, ${ran.length - passed + broken.length} failed`);
  },
});
