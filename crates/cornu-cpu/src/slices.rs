//! Which steps run together on a part of the batch at a time, so that a part stays in the cache between them.
//!
//! A convolution, the element-wise pass behind it and the pooling behind that each write and read a value
//! that is larger than the caches. Their rows do not depend on each other, so all of them can do one part of
//! the rows before any does the next; what only they need never reaches memory. Gradients of
//! weights are sums over rows, of which every part gives a term.

use std::collections::{BTreeMap, BTreeSet};

use cornu_graph::Spec;

use crate::plan::{Origin, Program, Slice, Step, Stretch, ValueId, arrange};
use crate::steps::{Base, Operand, Slices, Stage, Sum};

/// What the operands of a step's part should take at most, in bytes: less than a second-level cache.
const PART: usize = 400 << 10;
/// Steps on less than this find their operands in the cache anyway.
const MIN_BYTES: usize = 1 << 20;
/// The least number of parts, so that all threads have work.
const MIN_PARTS: usize = 8;
/// The most bytes of an operand that every part reads again, weights for example.
const MAX_WHOLE: usize = 640 << 10;
/// The most bytes of results that are added up.
const MAX_SUMS: usize = 1 << 20;

/// Makes one step of those that gain by running part by part.
pub(crate) fn merge(program: Program) -> Program {
    let mut pass = Pass::new(&program);
    for seed in 0..program.steps.len() {
        pass.grow(seed);
    }
    let Pass { chains, chain_of, .. } = pass;
    if chains.is_empty() { program } else { rebuild(program, chains, &chain_of) }
}

/// Steps that run together.
struct Chain {
    parts: usize,
    members: BTreeMap<usize, Slice>,
}

struct Pass<'p> {
    program: &'p Program,
    /// The steps that read what each writes, and that write what each reads.
    after: Vec<BTreeSet<usize>>,
    before: Vec<BTreeSet<usize>>,
    chains: Vec<Chain>,
    chain_of: Vec<Option<usize>>,
}

impl<'p> Pass<'p> {
    fn new(program: &'p Program) -> Self {
        let n = program.steps.len();
        let mut after = vec![BTreeSet::new(); n];
        let producers =
            |step: &Step| step.inputs.iter().filter_map(|&v| program.producer(v)).collect();
        let before: Vec<BTreeSet<usize>> = program.steps.iter().map(producers).collect();
        for (i, producers) in before.iter().enumerate() {
            for &p in producers {
                after[p].insert(i);
            }
        }
        Pass { program, after, before, chains: Vec::new(), chain_of: vec![None; n] }
    }

    /// Starts a chain from a step that knows its rows, and adds neighbours while some fit.
    fn grow(&mut self, seed: usize) {
        let step = &self.program.steps[seed];
        let bytes = step.inputs.iter().chain(&step.outputs).map(|&v| self.program.get(v).bytes());
        let bytes: usize = bytes.sum();
        let rows = step.kernel.rows().filter(|_| self.chain_of[seed].is_none());
        let Some(parts) = rows.filter(|_| bytes >= MIN_BYTES).and_then(|r| parts(r, bytes)) else {
            return;
        };
        let mut chain = Chain { parts, members: BTreeMap::new() };
        let mut refused = BTreeSet::new();
        let mut next = Some(seed);
        while let Some(step) = next {
            match self.fits(step, &chain) {
                Some(slice) => {
                    chain.members.insert(step, slice);
                    // What closed a cycle before may not any more.
                    refused.clear();
                }
                None => {
                    refused.insert(step);
                }
            }
            let neighbours = |&m: &usize| self.after[m].iter().chain(&self.before[m]);
            next = chain.members.keys().flat_map(neighbours).copied().find(|s| {
                self.chain_of[*s].is_none()
                    && !chain.members.contains_key(s)
                    && !refused.contains(s)
            });
        }
        if chain.members.len() > 1 {
            chain.members.keys().for_each(|&m| self.chain_of[m] = Some(self.chains.len()));
            self.chains.push(chain);
        }
    }

    /// The work of a step on one part, if it can join the chain.
    fn fits(&self, index: usize, chain: &Chain) -> Option<Slice> {
        let program = self.program;
        let step = &program.steps[index];
        let slice = step.kernel.slice(chain.parts)?;
        // The parts of a value inside the chain follow each other.
        let follows = |v: ValueId, step: usize| step * chain.parts == program.get(v).count;
        for (&v, &elements) in step.inputs.iter().zip(&slice.steps) {
            let inside = program.producer(v).and_then(|p| chain.members.get(&p));
            if inside.is_some_and(|producer| producer.sums || !follows(v, elements))
                || (elements == 0 && program.get(v).bytes() > MAX_WHOLE)
            {
                return None;
            }
        }
        let mut part = 0;
        for (&v, &elements) in step.inputs.iter().zip(&slice.steps) {
            part += elements * program.get(v).dtype.size();
        }
        for &v in &step.outputs {
            let value = program.get(v);
            if slice.sums {
                if value.bytes() * chain.parts > MAX_SUMS {
                    return None;
                }
                continue;
            }
            if !value.count.is_multiple_of(chain.parts) {
                return None;
            }
            part += value.bytes() / chain.parts;
        }
        let readers = chain.members.iter().flat_map(|(&m, reader)| {
            program.steps[m].inputs.iter().zip(&reader.steps).map(|(&v, &elements)| (v, elements))
        });
        let mut own = readers.filter(|(v, _)| step.outputs.contains(v));
        let handed_on = own.all(|(v, elements)| !slice.sums && follows(v, elements));
        (handed_on && part <= 2 * PART && self.is_convex(index, chain)).then_some(slice)
    }

    /// Whether no path leads out of the chain and the step, and back into them.
    fn is_convex(&self, index: usize, chain: &Chain) -> bool {
        let inside = |s: usize| s == index || chain.members.contains_key(&s);
        let mut seen = BTreeSet::new();
        let members = chain.members.keys().copied().chain([index]);
        let mut stack: Vec<usize> = members.flat_map(|m| self.after[m].iter().copied()).collect();
        stack.retain(|&s| !inside(s));
        while let Some(s) = stack.pop() {
            // All of another chain runs at once.
            let unit = self.chain_of[s].map(|c| &self.chains[c].members);
            let all: Vec<usize> = unit.map_or(vec![s], |members| members.keys().copied().collect());
            for s in all {
                if !seen.insert(s) {
                    continue;
                }
                for &next in &self.after[s] {
                    if inside(next) {
                        return false;
                    }
                    stack.push(next);
                }
            }
        }
        true
    }
}

/// Into how many equal parts to cut rows that come to `bytes`.
fn parts(rows: usize, bytes: usize) -> Option<usize> {
    let wanted = bytes.div_ceil(PART).max(MIN_PARTS);
    (wanted..=4 * wanted).find(|&parts| rows.is_multiple_of(parts))
}

/// Puts the steps of each chain into one, and all in an order in which they can run.
fn rebuild(mut program: Program, chains: Vec<Chain>, chain_of: &[Option<usize>]) -> Program {
    let mut shared = vec![false; program.values.len()];
    for (i, step) in program.steps.iter().enumerate() {
        for &v in &step.inputs {
            let same = |p: usize| chain_of[p].is_some() && chain_of[p] == chain_of[i];
            shared[v.0] |= !program.producer(v).is_some_and(same);
        }
    }
    for (shared, value) in shared.iter_mut().zip(&program.values) {
        *shared |= value.target.is_some();
    }
    let mut members: Vec<Vec<(Step, Slice)>> = chains.iter().map(|_| Vec::new()).collect();
    let mut pending: Vec<Option<Step>> = Vec::new();
    let parts: Vec<usize> = chains.iter().map(|chain| chain.parts).collect();
    let mut slices: BTreeMap<usize, Slice> = chains.into_iter().flat_map(|c| c.members).collect();
    for (i, step) in std::mem::take(&mut program.steps).into_iter().enumerate() {
        match (chain_of[i], slices.remove(&i)) {
            (Some(c), Some(slice)) => members[c].push((step, slice)),
            _ => pending.push(Some(step)),
        }
    }
    for (members, parts) in members.into_iter().zip(parts) {
        pending.push(Some(Joiner::new(&program, &shared, parts, &members).join(members)));
    }
    // What reads a chain's values may stand before the chain now.
    let mut done: Vec<bool> =
        program.values.iter().map(|v| !matches!(v.origin, Origin::Step(_))).collect();
    let mut steps = Vec::with_capacity(pending.len());
    while !pending.is_empty() {
        for slot in &mut pending {
            let ready = |step: &Step| step.inputs.iter().all(|v| done[v.0]);
            if let Some(step) = slot.take_if(|step| ready(step)) {
                step.outputs.iter().for_each(|v| done[v.0] = true);
                steps.push(step);
            }
        }
        pending.retain(Option::is_some);
    }
    program.set_steps(steps);
    program
}

/// Makes one step of the members of a chain.
struct Joiner<'p> {
    program: &'p Program,
    parts: usize,
    inputs: Vec<ValueId>,
    outputs: Vec<ValueId>,
    specs: Vec<Spec>,
    /// Where each value of the chain begins, and bytes from part to part.
    places: BTreeMap<ValueId, (Base, usize, usize)>,
    sums: Vec<Sum>,
    local: usize,
    partial: usize,
}

impl<'p> Joiner<'p> {
    fn new(
        program: &'p Program,
        shared: &[bool],
        parts: usize,
        members: &[(Step, Slice)],
    ) -> Joiner<'p> {
        let mut joiner = Joiner {
            program,
            parts,
            inputs: Vec::new(),
            outputs: Vec::new(),
            specs: Vec::new(),
            places: BTreeMap::new(),
            sums: Vec::new(),
            local: 0,
            partial: 0,
        };
        for (step, slice) in members {
            for (v, spec) in step.outputs.iter().zip(&step.specs) {
                let bytes = program.get(*v).bytes();
                if slice.sums {
                    let output = joiner.outputs.len();
                    joiner.sums.push(Sum { output, offset: joiner.partial });
                    joiner.places.insert(*v, (Base::Partial, joiner.partial, bytes));
                    joiner.partial += (bytes * parts).next_multiple_of(64);
                } else if shared[v.0] {
                    let place = (Base::Output(joiner.outputs.len()), 0, bytes / parts);
                    joiner.places.insert(*v, place);
                } else {
                    continue;
                }
                joiner.outputs.push(*v);
                joiner.specs.push(spec.clone());
            }
        }
        joiner.locals(members);
        joiner
    }

    /// Finds places for the values that only the chain reads: where a later value of the same size may
    /// replace them, its place, else scratch.
    fn locals(&mut self, members: &[(Step, Slice)]) {
        let mut stretches: Vec<Stretch> = Vec::new();
        let mut stretch_of: BTreeMap<ValueId, usize> = BTreeMap::new();
        let mut taken: Vec<ValueId> = Vec::new();
        // From the last to the first, so that the place of what replaces a value is known.
        for (born, (step, _)) in members.iter().enumerate().rev() {
            for &v in &step.outputs {
                if self.places.contains_key(&v) {
                    continue;
                }
                let last = members.iter().rposition(|(step, _)| step.inputs.contains(&v));
                let last = last.unwrap_or(born);
                let heir = if last > born { self.heir(v, &members[last].0, &taken) } else { None };
                taken.extend(heir);
                match heir.map(|heir| (heir, stretch_of.get(&heir))) {
                    Some((_, Some(&stretch))) => {
                        stretches[stretch].time.0 = born;
                        stretch_of.insert(v, stretch);
                    }
                    Some((heir, None)) => {
                        self.places.insert(v, self.places[&heir]);
                    }
                    None => {
                        stretch_of.insert(v, stretches.len());
                        let bytes = self.program.get(v).bytes() / self.parts;
                        stretches.push(Stretch::new(bytes, (born, last)));
                    }
                }
            }
        }
        self.local = arrange(&mut stretches);
        for (v, stretch) in stretch_of {
            self.places.insert(v, (Base::Local, stretches[stretch].offset, 0));
        }
    }

    /// An output of `step` that may lie where `v` lies, and does not replace another value yet.
    fn heir(&self, v: ValueId, step: &Step, taken: &[ValueId]) -> Option<ValueId> {
        let bytes = |v: ValueId| self.program.get(v).bytes();
        let mut heirs = step.outputs.iter().enumerate().filter(|&(o, &output)| {
            let mut reads = step.inputs.iter().enumerate().filter(|(_, input)| **input == v);
            bytes(output) == bytes(v)
                && !taken.contains(&output)
                && reads.all(|(i, _)| step.kernel.in_place(i, o))
        });
        heirs.next().map(|(_, &output)| output)
    }

    fn input(&mut self, v: ValueId) -> usize {
        let known = self.inputs.iter().position(|&input| input == v);
        known.unwrap_or_else(|| {
            self.inputs.push(v);
            self.inputs.len() - 1
        })
    }

    fn join(mut self, members: Vec<(Step, Slice)>) -> Step {
        let mut stages = Vec::with_capacity(members.len());
        for (step, slice) in members {
            let mut inputs = Vec::with_capacity(step.inputs.len());
            for (&v, &elements) in step.inputs.iter().zip(&slice.steps) {
                let value = self.program.get(v);
                let (base, offset, step) = match self.places.get(&v) {
                    Some(&place) => place,
                    None => (Base::Input(self.input(v)), 0, elements * value.dtype.size()),
                };
                // A part that is read again by all is the whole value.
                let count = if elements == 0 { value.count } else { value.count / self.parts };
                inputs.push(Operand { base, offset, step, count, dtype: value.dtype });
            }
            let outputs = step.outputs.iter().map(|v| {
                let value = self.program.get(*v);
                let (base, offset, step) = self.places[v];
                let count = if slice.sums { value.count } else { value.count / self.parts };
                Operand { base, offset, step, count, dtype: value.dtype }
            });
            stages.push(Stage { kernel: slice.kernel, outputs: outputs.collect(), inputs });
        }
        let Joiner { parts, local, partial, sums, .. } = self;
        let kernel = Slices { parts, stages, local, partial, sums };
        let (inputs, outputs, specs) = (self.inputs, self.outputs, self.specs);
        Step { kernel: Box::new(kernel), inputs, outputs, specs }
    }
}
