//! A pack for the stories of the phone: spots that are patrolled, findings, photos that a risk gives the reason for.

pub(super) const ROUND: &str = r#"language = 1

[mechanism]
id = "round"
number = "T04"
label = { zh = "点位大检查", en = "Round of the spots" }
purpose = { zh = "每个点位查一遍。", en = "Every spot is inspected once." }
source = { zh = "测试", en = "Test" }
title = "matter"
columns = ["matter"]
ladder = "county"
exit = "parked"

[open]
by = ["dispatcher"]
from = ["person"]
stage = "plan"
owners = ["office"]

[[field]]
id = "matter"
datum = "matter"
required = true

[[stage]]
id = "plan"
label = { zh = "排定", en = "Plan" }
kind = "work"
holder = "dispatcher"
clock = { limit = "15 working days" }

[[stage.step]]
id = "start"
label = { zh = "启动", en = "Start" }
to = "visiting"

[[stage]]
id = "visiting"
label = { zh = "逐点检查", en = "Visits" }
kind = "wait"
holder = "dispatcher"
clock = { limit = "183 days" }

[[stage.step]]
id = "all-seen"
label = { zh = "全部查完", en = "All seen" }
when = "all(children, !row.open)"
says = { zh = "都已销号", en = "all are closed" }
to = "verification"

[[stage]]
id = "verification"
label = { zh = "督查核查", en = "Verified by supervision" }
kind = "verify"
clock = { limit = "5 working days", ladder = "leadership" }
rework = "plan"

[closing]
when = "all(children, !row.open)"
says = { zh = "都已销号", en = "all are closed" }

[closing.verify]
ordinary = { way = "office", office = "supervision" }

[children]
mechanism = "patrol"
each = "register:spots"
owner = "row.unit"
sets = { spot = "row" }
join = "all"
stage = "visiting"
then = "all-seen"
"#;

pub(super) const PACK: &str = r#"language = 1

[pack]
id = "spots"
label = { zh = "点位", en = "Spots" }
requires = ["base"]

[[datum]]
id = "spot-name"
label = { zh = "名称", en = "Name" }
type = "text"
owner = "supervision"
of = "spot"
valid = "always"

[[datum]]
id = "spot-unit"
label = { zh = "管护单位", en = "Unit" }
type = "unit"
owner = "supervision"
of = "spot"
valid = "always"

[[datum]]
id = "patrolled-spot"
label = { zh = "点位", en = "Spot" }
type = "row:spots"
owner = "handler"
of = "case"
valid = "case"

[[datum]]
id = "found-where"
label = { zh = "所在点位", en = "Where" }
type = "row:spots"
owner = "handler"
of = "case"
valid = "case"

[[datum]]
id = "found-what"
label = { zh = "问题", en = "Finding" }
type = "text"
owner = "handler"
of = "case"
valid = "case"

[[datum]]
id = "found-on"
label = { zh = "日期", en = "Day" }
type = "date"
owner = "handler"
of = "case"
valid = "case"

[[datum]]
id = "checked-where"
label = { zh = "检查点位", en = "Where" }
type = "row:spots"
owner = "supervision"
of = "case"
valid = "case"

[[datum]]
id = "checked-what"
label = { zh = "检查情况", en = "What was seen" }
type = "text"
owner = "supervision"
of = "case"
valid = "case"

[[datum]]
id = "checked-on"
label = { zh = "检查日期", en = "Day of the check" }
type = "date"
owner = "supervision"
of = "case"
valid = "case"

[[datum]]
id = "spot-photo"
label = { zh = "点位照片", en = "Photo of the spot" }
type = "file"
owner = "handler"
of = "case"
valid = "case"
proof = "photo"

[[datum]]
id = "guard-signature"
label = { zh = "值守人签名", en = "Signature of the guard" }
type = "file"
owner = "handler"
of = "case"
valid = "case"
proof = "signature"

[[register]]
id = "spots"
label = { zh = "点位名册", en = "Spots" }
title = "name"
keeper = "supervision"

  [[register.field]]
  id = "name"
  datum = "spot-name"
  required = true

  [[register.field]]
  id = "unit"
  datum = "spot-unit"

[[register]]
id = "spot_findings"
label = { zh = "问题清单", en = "Findings" }
title = "what"

  [[register.field]]
  id = "what"
  datum = "found-what"
  required = true

  [[register.field]]
  id = "where"
  datum = "found-where"
  required = true

  [[register.field]]
  id = "found_on"
  datum = "found-on"
  required = true

[[register]]
id = "spot_checks"
label = { zh = "抽查记录", en = "Checks" }
title = "what"
keeper = "supervision"

  [[register.field]]
  id = "what"
  datum = "checked-what"
  required = true

  [[register.field]]
  id = "where"
  datum = "checked-where"
  required = true

  [[register.field]]
  id = "found_on"
  datum = "checked-on"
  required = true
"#;

pub(super) const PATROL: &str = r#"language = 1

[mechanism]
id = "patrol"
number = "T03"
label = { zh = "点位巡查", en = "Patrol of a spot" }
purpose = { zh = "到点位看，发现问题记下来。", en = "Spots are looked at and findings written down." }
source = { zh = "测试", en = "Test" }
title = "matter"
columns = ["matter", "spot"]
ladder = "county"
exit = "parked"
scene = "emergency"
cites = { zh = "测试用的应急场景", en = "an emergency for the test" }

[open]
by = ["handler"]
from = ["person", "finding", "parent"]
stage = "walking"
owners = ["department"]

[[field]]
id = "matter"
datum = "matter"
required = true

[[field]]
id = "spot"
datum = "patrolled-spot"
required = true

[[field]]
id = "shot"
datum = "spot-photo"

[[field]]
id = "signed"
datum = "guard-signature"

[[field]]
id = "measure"
datum = "measure"

[[stage]]
id = "walking"
label = { zh = "巡查", en = "Walking" }
kind = "work"
holder = "handler"
clock = { limit = "15 working days" }

[[stage.step]]
id = "find"
label = { zh = "记一条问题", en = "Write down a finding" }
adds = "spot_findings"
to = "walking"

[[stage.step]]
id = "walked"
label = { zh = "巡查完毕", en = "Done" }
needs = ["shot", "measure"]
takes = ["signed"]
to = "verification"

[[stage]]
id = "verification"
label = { zh = "督查核查", en = "Verified by supervision" }
kind = "verify"
clock = { limit = "5 working days", ladder = "leadership" }
rework = "walking"

[closing]
when = "has(measure)"
says = { zh = "措施已写明", en = "the measure is stated" }

[closing.verify]
ordinary = { way = "office", office = "supervision" }
"#;
