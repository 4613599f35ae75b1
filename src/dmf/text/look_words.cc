#include "dmf/text/lexicon_tables.h"

namespace dmf::text {
namespace {

using Group = LexiconGroup;

constexpr Group kPersons[] = {
    {"woman", "woman|women|lady|ladies|female|females|gal"},
    {"man", "man|men|guy|gentleman|gentlemen|male|males|dude|fellow|gent"},
    {"girl", "girl|schoolgirl"},
    {"boy", "boy|schoolboy|lad"},
    {"teenager", "teenager|teen|adolescent|youth"},
    {"child", "child|children|kid|toddler"},
    {"", "person|people|pedestrian|someone|somebody|individual|subject|figure|human|one"},
    {"", "skin|skinned|complexion|body|face|torso|build|frame|another person|other person"},
};
constexpr Group kHair[] = {
    {"hair", "hair|haired|hairs|hairstyle|haircut|hair style|hair cut"},
    {"ponytail", "ponytail|pony tail|ponytailed|pig tail|pigtail"},
    {"bun", "bun|hair bun"},
    {"braid", "braid|plait"},
    {"bangs", "bangs|fringe"},
    {"bald", "bald|balding|bald head|shaved head|bald headed"},
    {"beard", "beard|bearded|goatee"},
    {"mustache", "mustache|moustache"},
};
constexpr Group kHead[] = {
    {"hat", "hat|sun hat|sunhat|bucket hat|straw hat|head wear|headwear"},
    {"cap", "cap|baseball cap|ball cap|baseball hat|visor"},
    {"beanie", "beanie|knit cap|knit hat"},
    {"helmet", "helmet"},
    {"hood", "hood"},
    {"headscarf", "headscarf|head scarf|hijab|bandana|turban"},
    {"headband", "headband|head band|hairband|hair band"},
};
constexpr Group kEyes[] = {
    {"glasses", "glasses|eyeglasses|eye glasses|spectacles|eyewear|specs"},
    {"sunglasses", "sunglasses|sun glasses|sunglass"},
};
constexpr Group kUpper[] = {
    {"shirt", "shirt|sihrt|shrt|shirtsleeve|upper garment|flannel"},
    {"dress shirt",
     "dress shirt|button up shirt|button down shirt|buttoned shirt|collared shirt|business shirt"},
    {"t-shirt", "t shirt|tshirt|tee shirt|teeshirt|tee|t shrt|tee t shirt|graphic tee|t sihrt"},
    {"polo shirt", "polo shirt|polo|polo t shirt|polo style shirt|polo top|polo tee"},
    {"tank top", "tank top|tank|tanktop|singlet|muscle shirt|tank shirt"},
    {"camisole", "camisole|cami|halter top|halter|tube top|crop top"},
    {"blouse", "blouse|tunic|tunic top"},
    {"top", "top|upper|upper clothing"},
    {"sweater", "sweater|pullover|jumper|cardigan|knitwear"},
    {"sweatshirt", "sweatshirt|sweat shirt|hoodie|hoody|hooded sweatshirt|hooded sweater"},
    {"jersey", "jersey"},
    {"jeans jacket", "jean jacket|jeans jacket|denim jacket"},
    {"jacket", "jacket|windbreaker|blazer|suit jacket|sport coat|sports jacket|suit coat"},
    {"coat", "coat|overcoat|parka|raincoat|trench coat"},
    {"vest", "vest|waistcoat"},
    {"upper-body clothes", "upper body clothes|upper body clothing|upper clothes|upper body garment"},
};
constexpr Group kLower[] = {
    {"pants", "pants|pant|trousers|trouser|slacks|bottoms|chinos|panst|khakis|long pants"},
    {"sweatpants", "sweatpants|sweat pants|track pants|jogging pants|joggers|yoga pants|gym pants"},
    {"dress pants", "dress pants|dress slacks|suit pants"},
    {"capri pants", "capri pants|capri|capris|capri trousers|cropped pants"},
    {"jeans", "jeans|blue jean pants|jean pants|denim pants|jean|denim jeans|denims"},
    {"shorts", "shorts|short pants|short trousers|bermudas|bermuda shorts|bermuda"},
    {"jeans shorts", "jean shorts|jeans shorts|jean short|jorts"},
    {"skirt", "skirt"},
    {"mini skirt", "mini skirt|miniskirt"},
    {"jeans skirt", "jean skirt|jeans skirt"},
    {"leggings", "leggings|legging|tights|stockings|stocking|pantyhose|panty hose|hose|nylons"},
    {"lower-body clothes", "lower body clothes|lower body clothing|lower clothes|lower body garment"},
};
constexpr Group kWhole[] = {
    {"dress", "dress|sundress|sun dress|gown|frock"},
    {"suit", "suit|business suit"},
    {"uniform", "uniform"},
    {"outfit", "outfit"},
    {"overalls", "overalls|jumpsuit|romper|dungarees"},
    {"clothes", "clothes|clothing|attire|garments"},
};
constexpr Group kFeet[] = {
    {"shoes", "shoes|shoe|footwear|foot wear"},
    {"sneakers",
     "sneakers|sneaker|trainers|trainer|tennis shoes|tennis shoe|tennis sneakers|running shoes|athletic "
     "shoes|"
     "sport shoes|sports shoes|gym shoes|tennis|athletic sneakers|running sneakers|kicks|converse"},
    {"dress shoes", "dress shoes|loafers|oxfords|leather shoes"},
    {"boots", "boots|boot"},
    {"sandals", "sandals|sandal|wedges|wedge sandals|wedge shoes"},
    {"flip-flops", "flip flops|flip flop|flipflops|slippers|slipper|thongs|slides|crocs"},
    {"heels",
     "heels|heel|high heels|high heel shoes|high heeled shoes|heeled shoes|pumps|stilettos|high heel|high "
     "heeled sandals"},
    {"flat shoes", "flats|flat shoes|ballet flats|flat sandals"},
    {"socks", "socks|sock"},
    {"barefoot", "barefoot|bare feet|barefooted|bare foot"},
};
constexpr Group kCarried[] = {
    {"backpack",
     "backpack|back pack|backpack bag|rucksack|knapsack|ruck sack|book bag|bookbag|school "
     "bag|schoolbag|pack|packback"},
    {"handbag", "handbag|hand bag|purse|pocketbook|pocket book|clutch|handpurse"},
    {"shoulder bag", "shoulder bag|shoulderbag|sling bag|side bag|shoulder purse"},
    {"messenger bag",
     "messenger bag|messenger|satchel|cross body bag|crossbody bag|crossbody|crossover bag|cross body "
     "purse|messenger style bag"},
    {"tote bag", "tote bag|tote"},
    {"plastic bag", "plastic bag|shopping bag|grocery bag|carrier bag|paper bag|plastic shopping bag"},
    {"sports bag", "sports bag|gym bag|duffel bag|duffle bag|duffel|duffle|sport bag"},
    {"waist bag", "waist bag|fanny pack|waist pack|bum bag"},
    {"laptop bag", "laptop bag|laptop case|computer bag"},
    {"briefcase", "briefcase|brief case"},
    {"suitcase", "suitcase|luggage|rolling bag|suit case"},
    {"bag", "bag|pouch|sack"},
    {"umbrella", "umbrella|parasol"},
    {"phone",
     "phone|cell phone|cellphone|mobile phone|smartphone|telephone|cell|mobile|smart phone|phone call"},
    {"bicycle", "bicycle|bike|bycicle|bycycle|mountain bike|push bike"},
    {"motorcycle", "motorcycle|motorbike|scooter|moped"},
    {"skateboard", "skateboard|skate board"},
    {"stroller", "stroller|pushchair|pram|baby carriage"},
    {"cart", "cart|trolley"},
    {"bottle", "bottle|water bottle|bottle of water|drink"},
    {"cup", "cup|coffee|coffee cup|mug"},
    {"book", "book|notebook|magazine|textbook"},
    {"folder", "folder|binder|clipboard|file"},
    {"papers", "papers|newspaper|piece of paper|paper|sheet of paper|sheets of paper|document"},
    {"box", "box|package|carton"},
    {"bucket", "bucket"},
    {"laptop", "laptop|tablet"},
    {"dog", "dog|puppy"},
};
constexpr Group kAccessories[] = {
    {"belt", "belt"},
    {"tie", "tie|necktie|neck tie"},
    {"bow tie", "bow tie|bowtie"},
    {"scarf", "scarf|scarves|shawl"},
    {"watch", "watch|wristwatch|wrist watch"},
    {"bracelet", "bracelet|wrist band|wristband|bangle"},
    {"necklace", "necklace"},
    {"earrings", "earrings|earring"},
    {"headphones", "headphones|head phones|earphones|ear phones|earbuds|ear buds|headset"},
    {"lanyard", "lanyard|badge|name tag|nametag|id badge"},
    {"gloves", "gloves|glove"},
    {"mask", "mask|face mask"},
    {"apron", "apron"},
};
/// Parts of garments: a key word only with a colour or a quality.
constexpr Group kParts[] = {
    {"stripes", "stripes|stripe|striping"},
    {"collar", "collar"},
    {"sleeves", "sleeves|sleeve"},
    {"logo", "logo|emblem|insignia|decal|symbol"},
    {"print",
     "pattern|graphics|picture|design|image|lettering|writing|letters|words|word|text|number|flowers|polka "
     "dots|dots|flower"},
    {"strap", "strap"},
    {"soles", "soles|sole"},
    {"laces", "laces|shoelaces"},
    {"trim", "trim|edging|piping|accents|accent"},
    {"buttons", "buttons"},
    {"pockets", "pockets|pocket"},
};
constexpr Group kLooks[] = {
    {"short sleeves", "short sleeves|half sleeves|cap sleeves|cap sleeve"},
    {"long sleeves", "long sleeves"},
    {"tattoo", "tattoo"},
};

constexpr Group kColours[] = {
    {"black", "black|blackish"},
    {"white", "white|whit|whitish|off white|ivory"},
    {"gray", "gray|grey|greyish|grayish|charcoal|cement|slate|heather gray|heather grey"},
    {"red", "red|reddish|crimson|scarlet"},
    {"orange", "orange|coral|rust"},
    {"yellow", "yellow|yellowish|mustard"},
    {"green", "green|greenish|mint|emerald"},
    {"olive", "olive|olive green|army green"},
    {"lime green", "lime green|lime"},
    {"blue", "blue|bluish|sky blue|baby blue|royal blue|cobalt"},
    {"navy", "navy|navy blue"},
    {"turquoise", "turquoise|teal|aqua|cyan"},
    {"purple", "purple|violet|lavender|lilac|magenta|plum|mauve|fuchsia|fuschia"},
    {"pink", "pink|pinkish|rose|hot pink|peach|salmon"},
    {"brown", "brown|brownish|chocolate|brunette"},
    {"maroon", "maroon|burgundy|wine"},
    {"tan", "tan|camel"},
    {"beige", "beige|cream|creme|ecru|nude|off white cream"},
    {"khaki", "khaki"},
    {"gold", "gold|golden"},
    {"silver", "silver"},
    {"blond", "blond|blonde"},
    {"multicolored",
     "multicolored|multicoloured|multi colored|multi coloured|multi color|multi colour|multicolor|colorful|"
     "colourful|rainbow"},
};
constexpr Group kShades[] = {
    {"dark", "dark|darker|deep"},
    {"light", "light|lighter|pale|pastel|muted"},
    {"bright", "bright|neon|vivid|fluorescent"},
};
constexpr Group kQualities[] = {
    {"striped",
     "striped|stripped|stripey|stripy|pinstriped|horizontal striped|horizontally striped|vertical "
     "striped|vertically striped|pin striped"},
    {"plaid", "plaid|checkered|checked|chequered|tartan|checkerboard|gingham|check"},
    {"floral",
     "floral|flowered|flowery|flower print|floral print|flower printed|floral printed|floral "
     "patterned|flower patterned|flower pattern|floral pattern"},
    {"polka dot", "polka dot|polka dotted|dotted|spotted|polkadot"},
    {"patterned", "patterned|printed|print|graphic"},
    {"camouflage", "camouflage|camo|army|military"},
    {"tie-dye", "tie dye|tie dyed"},
    {"denim", "denim"},
    {"leather", "leather"},
    {"lace", "lace|lacy"},
    {"sheer", "sheer|see through|transparent"},
    {"knit", "knit|knitted|wool|woolen"},
    {"short", "short|shorter"},
    {"long", "long|longer|full length|floor length|ankle length"},
    {"short-sleeved",
     "short sleeved|short sleeve|half sleeve|half sleeved|shortsleeved|shortsleeve|short sleves|short "
     "sleaved"},
    {"long-sleeved", "long sleeved|long sleeve|longsleeved|longsleeve|full sleeve|full sleeved"},
    {"sleeveless", "sleeveless|sleeve less|sleevless"},
    {"cap-sleeved", "cap sleeved"},
    {"knee-length",
     "knee length|knee high|above knee length|below knee length|mid length|calf length|above the knee|below "
     "the knee|mid calf"},
    {"shoulder-length", "shoulder length|medium length"},
    {"cropped", "cropped"},
    {"cargo", "cargo"},
    {"hooded", "hooded"},
    {"collared", "collared"},
    {"button-up", "button up|button down|buttoned up|buttoned down|buttoned|button"},
    {"v-neck", "v neck|v necked"},
    {"curly", "curly|wavy"},
    {"straight", "straight"},
};
constexpr Group kAges[] = {
    {"young", "young|younger|youthful"},
    {"elderly", "elderly|old|older|aged|senior"},
    {"adult", "adult|grown"},
    {"teenage", "teenage|teenaged"},
    {"middle-aged", "middle aged|middle age"},
};

constexpr LexiconTable kTables[] = {
    {Role::kNoun, Slot::kPerson, kPersons},    {Role::kNoun, Slot::kHair, kHair},
    {Role::kNoun, Slot::kHead, kHead},         {Role::kNoun, Slot::kEyes, kEyes},
    {Role::kNoun, Slot::kUpper, kUpper},       {Role::kNoun, Slot::kLower, kLower},
    {Role::kNoun, Slot::kWhole, kWhole},       {Role::kNoun, Slot::kFeet, kFeet},
    {Role::kNoun, Slot::kCarried, kCarried},   {Role::kNoun, Slot::kAccessory, kAccessories},
    {Role::kNoun, Slot::kPart, kParts},        {Role::kNoun, Slot::kLook, kLooks},
    {Role::kColour, Slot::kLook, kColours},    {Role::kShade, Slot::kLook, kShades},
    {Role::kQuality, Slot::kLook, kQualities}, {Role::kAge, Slot::kPerson, kAges},
};

}  // namespace

std::span<const LexiconTable> look_tables() { return kTables; }

}  // namespace dmf::text
