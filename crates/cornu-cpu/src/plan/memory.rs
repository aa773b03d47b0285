//! Where every value lives: lifetimes, places taken over, offsets in one arena.

use super::{Origin, Program, Target, ValueId};

/// Offsets are multiples of a cache line, and of the widest vector.
const ALIGN: usize = 64;

/// Where a value lives during a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// At this offset of the arena.
    Arena(usize),
    /// In the caller's array with this number.
    Input(usize),
    /// In the constant of the value itself.
    Constant,
    /// In the variable with this number.
    Variable(usize),
    /// In the output array with this number.
    Output(usize),
}

/// The result of memory planning.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The place of every value.
    pub places: Vec<Place>,
    /// What is copied to a variable after the last step: it could not be written in place.
    pub copies: Vec<(ValueId, usize)>,
    /// The size of the arena in bytes.
    pub bytes: usize,
    /// How many values took over the place of a value that died.
    pub taken_over: usize,
    /// What lives in the arena.
    slots: Vec<Stretch>,
}

/// A stretch of memory over a stretch of time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stretch {
    /// Its size.
    pub bytes: usize,
    /// The first and the last position in the order at which it is in use.
    pub time: (usize, usize),
    /// Where it begins.
    pub offset: usize,
}

impl Stretch {
    /// A stretch of at least `bytes` bytes, not yet at its place.
    pub fn new(bytes: usize, time: (usize, usize)) -> Stretch {
        Stretch { bytes: bytes.next_multiple_of(ALIGN), time, offset: 0 }
    }

    fn meets(&self, other: &Stretch) -> bool {
        self.time.0 <= other.time.1 && other.time.0 <= self.time.1
    }
}

/// Plans the memory of a program whose steps run in `order`.
pub(crate) fn layout(program: &Program, order: &[usize]) -> Layout {
    let mut planner = Planner::new(program, order);
    planner.variables();
    for position in 0..order.len() {
        planner.step(position);
    }
    planner.finish()
}

struct Planner<'p> {
    program: &'p Program,
    order: &'p [usize],
    /// The position at which each value is written, and the last at which it is read.
    born: Vec<usize>,
    last: Vec<usize>,
    places: Vec<Option<Place>>,
    /// The slot of every value in the arena.
    slot_of: Vec<Option<usize>>,
    slots: Vec<Stretch>,
    copies: Vec<(ValueId, usize)>,
    taken_over: usize,
}

impl<'p> Planner<'p> {
    fn new(program: &'p Program, order: &'p [usize]) -> Self {
        let n = program.values.len();
        let (mut born, mut last) = (vec![0; n], vec![0; n]);
        for (position, &step) in order.iter().enumerate() {
            for v in &program.steps[step].outputs {
                (born[v.0], last[v.0]) = (position, position);
            }
            program.steps[step].inputs.iter().for_each(|v| last[v.0] = position);
        }
        let fixed = |v: &super::Value| match v.origin {
            Origin::Input(k) => Some(Place::Input(k)),
            Origin::Variable(k) => Some(Place::Variable(k)),
            Origin::Constant(_) => Some(Place::Constant),
            Origin::Step(_) => match v.target {
                Some(Target::Output(k)) => Some(Place::Output(k)),
                _ => None,
            },
        };
        Planner {
            places: program.values.iter().map(fixed).collect(),
            slot_of: vec![None; n],
            slots: Vec::new(),
            copies: Vec::new(),
            taken_over: 0,
            program,
            order,
            born,
            last,
        }
    }

    /// Decides which updates are written straight into their variable.
    fn variables(&mut self) {
        for (i, value) in self.program.values.iter().enumerate() {
            let Some(Target::Variable(place)) = value.target else { continue };
            let id = ValueId(i);
            if self.may_overwrite(id, place) {
                self.places[i] = Some(Place::Variable(place));
            } else {
                self.copies.push((id, place));
                self.last[i] = self.order.len();
            }
        }
    }

    /// Whether nobody needs the old value of variable `place` once `id` is written.
    fn may_overwrite(&self, id: ValueId, place: usize) -> bool {
        let written = self.born[id.0];
        self.order[written..].iter().enumerate().all(|(after, &step)| {
            let inputs = &self.program.steps[step].inputs;
            let mut old = inputs.iter().enumerate().filter(
                |(_, v)| matches!(self.program.get(**v).origin, Origin::Variable(p) if p == place),
            );
            old.all(|(input, _)| after == 0 && self.replaces(step, input, id))
        })
    }

    /// Whether output `id` of `step` may lie where input number `input` lies.
    fn replaces(&self, step: usize, input: usize, id: ValueId) -> bool {
        let step = &self.program.steps[step];
        step.outputs.iter().position(|&o| o == id).is_some_and(|o| step.kernel.in_place(input, o))
    }

    /// Finds slots for what the step at `position` writes.
    fn step(&mut self, position: usize) {
        let step = &self.program.steps[self.order[position]];
        let mut taken: Vec<ValueId> = Vec::new();
        for &output in &step.outputs {
            if self.places[output.0].is_some() {
                continue;
            }
            let bytes = self.program.get(output).bytes();
            let heir = step.inputs.iter().copied().find(|&input| {
                self.slot_of[input.0].is_some()
                    && self.last[input.0] == position
                    && self.program.get(input).bytes() == bytes
                    && !taken.contains(&input)
                    && (0..step.inputs.len())
                        .filter(|&i| step.inputs[i] == input)
                        .all(|i| self.replaces(self.order[position], i, output))
            });
            let slot = match heir.and_then(|input| self.slot_of[input.0].map(|s| (input, s))) {
                Some((input, slot)) => {
                    taken.push(input);
                    self.taken_over += 1;
                    self.slots[slot].time.1 = self.last[output.0];
                    slot
                }
                None => self.slot(bytes, (position, self.last[output.0])),
            };
            self.slot_of[output.0] = Some(slot);
        }
    }

    fn slot(&mut self, bytes: usize, time: (usize, usize)) -> usize {
        self.slots.push(Stretch::new(bytes, time));
        self.slots.len() - 1
    }

    fn finish(mut self) -> Layout {
        let bytes = arrange(&mut self.slots);
        let offset = |slot: Option<usize>| slot.map_or(0, |s| self.slots[s].offset);
        let places = self.places.iter().zip(&self.slot_of);
        let layout = Layout {
            places: places.map(|(p, &s)| p.unwrap_or(Place::Arena(offset(s)))).collect(),
            copies: self.copies,
            bytes,
            taken_over: self.taken_over,
            slots: self.slots,
        };
        debug_assert!(layout.is_disjoint(), "two values live at one place at one time");
        layout
    }
}

/// Gives every stretch its offset: the largest first, each at the lowest place that is free all its time.
/// Returns the bytes that all need together.
pub(crate) fn arrange(slots: &mut [Stretch]) -> usize {
    let mut by_size: Vec<usize> = (0..slots.len()).collect();
    by_size.sort_by_key(|&i| (std::cmp::Reverse(slots[i].bytes), slots[i].time));
    let mut placed: Vec<Stretch> = Vec::with_capacity(by_size.len());
    for i in by_size {
        let mut slot = slots[i];
        // `placed` is sorted by offset, so this walks the gaps from below.
        for other in &placed {
            if !slot.meets(other) {
                continue;
            }
            if slot.offset + slot.bytes <= other.offset {
                break;
            }
            slot.offset = slot.offset.max(other.offset + other.bytes);
        }
        let at = placed.partition_point(|other| other.offset < slot.offset);
        placed.insert(at, slot);
        slots[i] = slot;
    }
    slots.iter().map(|s| s.offset + s.bytes).max().unwrap_or(0)
}

impl Layout {
    /// Whether no two slots share memory at one time, and all lie in the arena.
    pub fn is_disjoint(&self) -> bool {
        let apart = |a: &Stretch, b: &Stretch| {
            !a.meets(b) || a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset
        };
        self.slots.iter().enumerate().all(|(i, a)| {
            a.offset + a.bytes <= self.bytes && self.slots[i + 1..].iter().all(|b| apart(a, b))
        })
    }

    /// What the arena would need if nothing were used twice.
    pub fn sum(&self) -> usize {
        self.slots.iter().map(|s| s.bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use cornu_graph::{DType, Result, Spec};
    use proptest::prelude::*;

    use super::*;
    use crate::plan::{Args, Kernel};
    use crate::runtime::Pool;

    /// A kernel that is never run.
    struct Anything {
        in_place: bool,
    }

    impl Kernel for Anything {
        fn label(&self) -> String {
            "anything".into()
        }
        fn in_place(&self, input: usize, _: usize) -> bool {
            self.in_place && input != 2
        }
        fn run(&self, _: &Pool, _: &mut Args) -> Result<()> {
            Ok(())
        }
    }

    /// A program of steps with up to three inputs and two outputs; `draws` makes the choices.
    fn program(draws: &[u16]) -> Program {
        let mut program = Program::default();
        let mut draw = draws.iter().cycle().map(|&d| usize::from(d));
        let mut below = move |n: usize| draw.next().unwrap_or(0) % n;
        let spec = |n: usize| Spec::new([n], DType::F32);
        let mut values: Vec<ValueId> =
            (0..2).map(|k| program.value(&spec(64), Origin::Input(k))).collect();
        for k in 0..2 {
            let zeros = cornu_graph::Array::zeros(&[64], DType::F32).unwrap();
            program.variables.push(cornu_graph::Variable::new("v", zeros));
            program.updated.push(true);
            values.push(program.value(&spec(64), Origin::Variable(k)));
        }
        for _ in 0..draws.len() / 4 {
            let inputs = (0..1 + below(3)).map(|_| values[below(values.len())]).collect();
            let sizes = [64, 64, 100, 0, 1000];
            let specs = (0..1 + below(2)).map(|_| spec(sizes[below(5)])).collect();
            let kernel = Anything { in_place: below(3) > 0 };
            values.extend(program.step(Box::new(kernel), inputs, specs));
        }
        let fits = |program: &Program, v: &ValueId| {
            program.get(*v).count == 64 && program.producer(*v).is_some()
        };
        let mut ends: Vec<ValueId> = values.into_iter().filter(|v| fits(&program, v)).collect();
        for target in [Target::Variable(0), Target::Variable(1), Target::Output(0)] {
            if let Some(v) = ends.pop() {
                program.values[v.0].target = Some(target);
            }
        }
        program
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..Default::default() })]

        #[test]
        fn nothing_that_lives_is_overwritten(draws in prop::collection::vec(any::<u16>(), 8..160)) {
            let program = program(&draws);
            let order = crate::plan::schedule(&program);
            let layout = layout(&program, &order);
            prop_assert!(layout.is_disjoint());
            prop_assert!(layout.bytes <= layout.sum());
            // Runs the plan on a memory that knows which value each byte range belongs to.
            let mut held: Vec<(Place, usize, ValueId)> = Vec::new();
            for (i, v) in program.values.iter().enumerate() {
                if !matches!(v.origin, Origin::Step(_)) {
                    held.push((layout.places[i], v.bytes(), ValueId(i)));
                }
            }
            let meet = |a: (Place, usize), b: (Place, usize)| match (a.0, b.0) {
                (Place::Arena(x), Place::Arena(y)) => x < y + b.1 && y < x + a.1,
                (x, y) => x == y,
            };
            for &s in &order {
                let step = &program.steps[s];
                for input in &step.inputs {
                    prop_assert!(program.get(*input).bytes() == 0 || held.iter().any(|h| h.2 == *input));
                }
                for (o, output) in step.outputs.iter().enumerate() {
                    let place = (layout.places[output.0], program.get(*output).bytes());
                    for (i, input) in step.inputs.iter().enumerate() {
                        let other = (layout.places[input.0], program.get(*input).bytes());
                        if meet(place, other) {
                            prop_assert!(place == other && step.kernel.in_place(i, o));
                        }
                    }
                    held.retain(|h| !meet((h.0, h.1), place));
                    held.push((place.0, place.1, *output));
                }
                for output in &step.outputs {
                    prop_assert!(program.get(*output).bytes() == 0 || held.iter().any(|h| h.2 == *output));
                }
            }
            for (i, v) in program.values.iter().enumerate().filter(|(_, v)| v.target.is_some()) {
                prop_assert!(v.bytes() == 0 || held.iter().any(|h| h.2 == ValueId(i)));
            }
        }
    }
}
