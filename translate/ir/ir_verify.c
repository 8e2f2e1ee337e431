/*
 * The verifier: what every pass and backend may rely on.
 *
 * Checked of each insn: the op exists; its type and the types of its operands follow the op's
 * signature; aux and imm hold only what the op's form shows, in range; lists have their length.
 * Checked of each unit: blocks tile the insns, params stand first, each block ends in its only
 * terminator, branches lead to blocks with the parameters given, uses are dominated by their
 * definitions.
 *
 *     v1:i64 = get nzcv      ->  "v1:i64 = get nzcv: type is not the slot's"
 *
 * Every check function returns false after it has put its complaint into vf->err.
 */
#include "ir_form.h"
#include "ir_interp.h"
#include "ir_verify.h"
#include "log.h"

static bool complain(Verifier *vf, IrRef r, const char *what)
{
    sb_printf(vf->err, "insn %u: ", r);
    ir_print_insn(vf->u, r, vf->err);
    sb_printf(vf->err, ": %s", what);
    return false;
}

static bool is_int(IrType t)
{
    return t >= IR_I8 && t <= IR_I64;
}

static bool is_float(IrType t)
{
    return t >= IR_F16 && t <= IR_F64;
}

static bool is_scalar(IrType t)
{
    return is_int(t) || is_float(t);
}

/* Which types a signature's letter admits; T is settled by type_class(). */
static bool letter_admits(char letter, IrType t)
{
    switch (letter) {
    case 'i':
        return is_int(t) || t == IR_BOOL;
    case 'I':
        return t == IR_I64;
    case 'W':
        return t == IR_I32;
    case 'b':
        return t == IR_BOOL;
    case 'f':
        return t == IR_FLAGS;
    case 'F':
        return is_float(t);
    case 'V':
        return t == IR_V128;
    case 's':
        return is_scalar(t);
    case '*':
        return t != IR_VOID;
    case '-':
        return t == IR_VOID;
    default:
        return false;
    }
}

/* What T may be for an op: a letter as above, * for any. */
static char type_class(IrOp op)
{
    if (op == IR_VTO)
        return 's';
    if (op == IR_SELECT || op == IR_GET || op == IR_PARAM || op == IR_CALL || op == IR_CONST ||
        op == IR_LD || op == IR_BITCAST)
        return '*';
    if ((op >= IR_FADD && op <= IR_FRINT) || op == IR_I2F)
        return 'F';
    return 'i';
}

static bool type_ok(IrOp op, IrType t)
{
    char c = type_class(op);
    return letter_admits(c, t) && !(c == 'i' && t == IR_BOOL);
}

static IrType type_of(const Verifier *vf, IrRef r)
{
    return (IrType)vf->u->insns[r].type;
}

bool ir_verify_is_value(const Verifier *vf, IrRef r)
{
    return r && r < vf->u->n && type_of(vf, r) != IR_VOID && type_of(vf, r) < IR_TYPE_COUNT;
}

/* Operand k may be missing (0). */
static bool arg_optional(IrOp op, unsigned k)
{
    return (k == 1 && (op == IR_LD || op == IR_ST || op == IR_XTRAP)) ||
           (k == 2 && op == IR_TRAPIF);
}

/* The index of an address is an i32 when it is extended. */
static char arg_letter(const IrInsn *i, unsigned k)
{
    if (k == 1 && (i->op == IR_LD || i->op == IR_ST) && (i->aux & (MA_INDEX_SXTW | MA_INDEX_UXTW)))
        return 'W';
    const char *s = ir_ops[i->op].sig;
    while (*s != ':')
        s++;
    return s[1 + k];
}

static bool check_types(Verifier *vf, IrRef r)
{
    const IrInsn *i = &vf->u->insns[r];
    char result = ir_ops[i->op].sig[0];
    IrType t = (IrType)i->type;
    bool t_known = result == 'T';
    if (i->type >= IR_TYPE_COUNT)
        return complain(vf, r, "no such type");
    if (t_known ? i->op != IR_CALL && !type_ok((IrOp)i->op, t) : !letter_admits(result, t))
        return complain(vf, r, "wrong result type");
    for (unsigned k = 0; k < ir_ops[i->op].nargs; k++) {
        if (i->arg[k] == 0 && arg_optional((IrOp)i->op, k))
            continue;
        if (!ir_verify_is_value(vf, i->arg[k]))
            return complain(vf, r, "operand is not a value");
        char letter = arg_letter(i, k);
        IrType at = type_of(vf, i->arg[k]);
        if (letter == 'T' && !t_known) {
            t = at;
            t_known = true;
            if (!type_ok((IrOp)i->op, t))
                return complain(vf, r, "wrong operand type");
        }
        if (letter == 'T' ? at != t : !letter_admits(letter, at))
            return complain(vf, r, "wrong operand type");
    }
    return true;
}

/* aux and imm may hold only what the form's suffixes and operands cover. */
static bool check_fields(Verifier *vf, IrRef r)
{
    const IrInsn *i = &vf->u->insns[r];
    uint32_t aux = 0, imm = 0;
    const char *form = ir_form((IrOp)i->op);
    for (; *form != '|'; form++) {
        const IrField *f = ir_field(*form);
        uint32_t v = ir_field_get(f, i);
        if (v >= f->n_names || (f->names[v][0] == 0 && v))
            return complain(vf, r, "bad suffix value");
        *(f->in_imm ? &imm : &aux) |= (uint32_t)f->mask << f->shift;
    }
    for (; *form; form++) {
        if (*form == 'f')
            aux = 0xffff;
        else if (*form == 'm')
            aux |= 3 << MA_SCALE_SHIFT | MA_INDEX_SXTW | MA_INDEX_UXTW;
        if (*form == 'm' || *form == 'i' || *form == 'j' || *form == 's' || *form == 'h' ||
            *form == 'o')
            imm = ~0u;
        else if (*form == 'q')
            imm |= 0xff;
        else if (*form == 'Q' || *form == 'J')
            imm |= 0xff00;
    }
    if (i->aux & ~aux || (uint32_t)i->imm & ~imm)
        return complain(vf, r, "aux or imm hold more than the op takes");
    return true;
}

bool ir_verify_types(Verifier *vf, IrRef r)
{
    const IrInsn *i = &vf->u->insns[r];
    if (i->op >= IR_OP_COUNT)
        return complain(vf, r, "no such op");
    return check_fields(vf, r) && check_types(vf, r) && ir_verify_op(vf, r);
}

bool ir_verify_complain(Verifier *vf, IrRef r, const char *what)
{
    return complain(vf, r, what);
}
