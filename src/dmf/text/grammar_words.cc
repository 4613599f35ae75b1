#include "dmf/text/lexicon_tables.h"

namespace dmf::text {
namespace {

using Group = LexiconGroup;

constexpr Group kFillers[] = {
    {"",
     "plain|solid|simple|pair of|pairs of|pair|set of|type of|kind of|sort of|style|type|colors of|shade "
     "of|piece|"
     "tight|loose|baggy|fitted|loose fitting|tight fitting|form "
     "fitting|fitting|large|small|big|little|tiny|thin|thick|heavy|"
     "formal|casual|official|fashionable|nice|athletic|athletic "
     "style|sports|sport|gym|some|two|three|both|matching|"
     "medium|medium "
     "sized|sized|neutral|mostly|mainly|very|really|slightly|somewhat|fairly|quite|rather|possibly|maybe|"
     "perhaps|"
     "mid|wide|narrow|open|closed|flat|high|low|top of the line|not only|not "
     "just|only|just|similar|same|other|different|"
     "also|what appears to be|what looks like|what seems to be|straight leg|skinny|flared|pleated|new|short "
     "cut|cut|neatly|flowing"},
};
constexpr Group kColourWords[] = {
    {"", "color|colour|colored|coloured|colors|colours|toned|tone|hued|color of|colour of"}};
constexpr Group kAnds[] = {{"", "and|&|+|/|n|as well as|along with"}};
constexpr Group kOrs[] = {{"", "or|nor|and or"}};
constexpr Group kCommas[] = {{"", ","}};
constexpr Group kSentences[] = {{"", "."}};
constexpr Group kCopulas[] = {
    {"",
     "is|are|was|were|be|being|been|looks|look|looked|appears|appear|appeared|seems|seem|to be|"
     "looks to be|appears to be|appear to be|seems to be|seem to be"}};
constexpr Group kRelatives[] = {{"", "that|which|who|whose"}};
constexpr Group kIns[] = {{"", "in"}};
constexpr Group kAlls[] = {{"", "all|entirely|completely|all in"}};
constexpr Group kArticles[] = {{"", "a|an|the|this|these|those|its|their|any|another|each"}};
constexpr Group kVerbs[] = {
    {"wear", "wearing|wears|wear|wore|dressed|clad|sporting|dons|donning"},
    {"",
     "worn with|has|have|having|had|carrying|carries|carry|holding|holds|hold|held|riding|rides|"
     "walking|walks|walk|standing|stands|talking|using|uses|looking|facing|pushing|"
     "pulling|sitting|sits|running|runs|crossing|moving|turning|turned|leaning|listening|reading|drinking|"
     "shows|showing"},
};
constexpr Group kVisibles[] = {
    {"", "visible|seen|shown|present|there|worn|carried|clear|apparent|clearly visible"}};
constexpr Group kNegations[] = {
    {"",
     "no|not|without|never|neither|none|isn't|isnt|aren't|arent|wasn't|wasnt|weren't|werent|doesn't|doesnt|"
     "don't|dont|"
     "didn't|didnt|hasn't|hasnt|haven't|havent|hadn't|can't|cant|cannot|couldn't|won't|ain't|lacks|lacking|"
     "lack|lack of|"
     "free of|absent|missing|minus|instead of|rather than|nothing|wo|unlike|no longer|removed|hardly"},
};
constexpr Group kContrasts[] = {
    {"", "but|however|though|although|yet|except|instead|but rather|but also|whereas"}};
constexpr Group kBreaks[] = {
    {"",
     "with|of|on|over|at|by|from|to|for|under|around|across|behind|in front|in front "
     "of|front|near|into|onto|while|as|"
     "down|up|off|out|through|against|along|after|before|between|above|below|beneath|underneath|inside|"
     "outside|toward|"
     "towards|when|where|if|because|so|it|they|them|us|we|you|i|on top|on top of|at the top|at the top of|at "
     "top|the top of|"
     "back|left|right|hand|hands|arm|arms|shoulder|shoulders|head|side|foot|feet|leg|legs|waist|hip|chest|"
     "neck|wrist|"
     "traffic light|traffic lights|street light|cap of|short of|top half|photo|picture of|in the "
     "picture|this picture|the picture|"
     "the image|pattern "
     "of|can|may|might|could|would|will|something|anything|everything|object|item|then|too"},
};
// What a caption says of him or her without a noun.
constexpr Group kPronouns[] = {
    {"woman", "she|her|hers|herself|she'll"},
    {"man", "he|his|him|himself|hes"},
};

constexpr LexiconTable kTables[] = {
    {Role::kFiller, Slot::kLook, kFillers},
    {Role::kColourWord, Slot::kLook, kColourWords},
    {Role::kAnd, Slot::kLook, kAnds},
    {Role::kOr, Slot::kLook, kOrs},
    {Role::kComma, Slot::kLook, kCommas},
    {Role::kSentence, Slot::kLook, kSentences},
    {Role::kCopula, Slot::kLook, kCopulas},
    {Role::kRelative, Slot::kLook, kRelatives},
    {Role::kIn, Slot::kLook, kIns},
    {Role::kAll, Slot::kLook, kAlls},
    {Role::kArticle, Slot::kLook, kArticles},
    {Role::kArticle, Slot::kPerson, kPronouns},
    {Role::kVerb, Slot::kLook, kVerbs},
    {Role::kVisible, Slot::kLook, kVisibles},
    {Role::kNegation, Slot::kLook, kNegations},
    {Role::kContrast, Slot::kLook, kContrasts},
    {Role::kBreak, Slot::kLook, kBreaks},
};

}  // namespace

std::span<const LexiconTable> grammar_tables() { return kTables; }

}  // namespace dmf::text
