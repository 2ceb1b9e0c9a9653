// A sidecar, `ops.policy.conf` beside `ops.pub`: the rules of one issuer in a file of their own. Stands for itself: it
// includes nothing, and takes nothing from elsewhere.
import { formatProblem } from '../failure.ts';
import { incomplete } from '../files/bad-file.ts';
import { readHocon } from '../hocon/read.ts';
import { HoconError } from '../hocon/value.ts';
import type { SidecarFile } from '../keystore/sidecar.ts';
import type { Vocabulary } from '../policy/vocabulary.ts';
import { readIssuerRules } from './issuer-rules.ts';

/** How its places are named: only lines and columns are of interest. */
const FILE = 'sidecar';

const SUBSTITUTION = '$' + '{';

/** What is wrong may be the half of a file that is being written. */
export const makeSidecarReader =
  (vocabulary: Vocabulary) =>
  (bytes: Buffer): SidecarFile => {
    const text = bytes.toString('utf8');
    if (text.trim() === '') return incomplete('The file is empty.');
    if (text.includes(SUBSTITUTION))
      return incomplete(`It may hold no ${SUBSTITUTION}…}, not even in a comment.`);
    try {
      return readText(text, vocabulary);
    } catch (error) {
      if (error instanceof HoconError) return incomplete(`${describe(error.problem)}.`);
      throw error;
    }
  };

function readText(text: string, vocabulary: Vocabulary): SidecarFile {
  const document = readHocon(text, { file: FILE, environment: {}, readInclude: refuseInclude });
  const { rules, problems } = readIssuerRules(document.root, [], vocabulary, document.positionOf);
  const [first] = problems;
  if (first !== undefined) return incomplete(`${describe(first)}.`);
  if (Object.keys(rules).length === 0) return incomplete('It holds no rule.');
  return { usable: true, rules };
}

function refuseInclude(): never {
  throw new HoconError('it may include nothing', { file: FILE, line: 1, column: 1 });
}

const describe = (problem: Parameters<typeof formatProblem>[0]): string =>
  formatProblem(problem).replace(`${FILE}:`, 'line ');
