// The tables of names: common ones of the United States, some with letters beyond ASCII.
#include "sample/tables/names.h"

namespace vesta::sample {
namespace {

constexpr std::string_view kFemale[] = {
    "Abigail",   "Adriana",   "Alice",    "Amelia",  "Ana",      "Angela", "Anna",    "Aaliyah", "Barbara", "Beatriz",
    "Camila",    "Carmen",    "Carol",    "Chloé",   "Clara",    "Denise", "Diana",   "Dorothy", "Eleanor", "Elena",
    "Elizabeth", "Emily",     "Emma",     "Esther",  "Evelyn",   "Fatima", "Frances", "Grace",   "Hannah",  "Helen",
    "Ingrid",    "Irene",     "Isabella", "Jasmine", "Joan",     "Judith", "Julia",   "Karen",   "Kavya",   "Laura",
    "Leila",     "Lin",       "Linda",    "Lucía",   "Margaret", "María",  "Martha",  "Mei",     "Mia",     "Naomi",
    "Nora",      "Olivia",    "Patricia", "Priya",   "Rachel",   "Renée",  "Rosa",    "Ruth",    "Sofia",   "Susan",
    "Teresa",    "Valentina", "Victoria", "Wanda",   "Yasmin",   "Zoë"};

constexpr std::string_view kMale[] = {
    "Aaron",  "Adam",   "Ahmed",   "Albert",      "Alejandro", "Andre",   "Andrew", "Anthony", "Arjun",  "Benjamin",
    "Brian",  "Carlos", "Charles", "Christopher", "Daniel",    "David",   "Diego",  "Dmitri",  "Edward", "Elijah",
    "Ethan",  "Felix",  "Francis", "Gabriel",     "George",    "Gerald",  "Hassan", "Henry",   "Hugo",   "Ibrahim",
    "Isaac",  "Jamal",  "James",   "Javier",      "Jerome",    "John",    "José",   "Joseph",  "Kenji",  "Kevin",
    "Lamar",  "Lars",   "Leo",     "Liam",        "Lucas",     "Luis",    "Marcus", "Martin",  "Mateo",  "Michael",
    "Miguel", "Nathan", "Noah",    "Oliver",      "Óscar",     "Patrick", "Paul",   "Rafael",  "Ravi",   "Robert",
    "Samuel", "Stefan", "Thomas",  "Victor",      "Wei",       "William"};

constexpr std::string_view kFamily[] = {
    "Abbott",   "Adams",    "Ahmed",    "Allen",    "Anderson", "Baker",    "Bennett", "Brooks",     "Brown",
    "Campbell", "Carter",   "Chen",     "Clark",    "Cohen",    "Collins",  "Cooper",  "Cruz",       "Da Silva",
    "Davis",    "Delgado",  "Díaz",     "Edwards",  "Evans",    "Fischer",  "Flores",  "Foster",     "Fraser",
    "Garcia",   "González", "Gray",     "Green",    "Gupta",    "Hall",     "Harris",  "Hernández",  "Hill",
    "Howard",   "Hughes",   "Ibrahim",  "Jackson",  "Jensen",   "Johnson",  "Jones",   "Kaminski",   "Kelly",
    "Khan",     "Kim",      "King",     "Kowalski", "Lee",      "Lewis",    "Liu",     "López",      "Martin",
    "Martínez", "Mensah",   "Miller",   "Mitchell", "Moore",    "Morales",  "Müller",  "Murphy",     "Nakamura",
    "Nelson",   "Nguyen",   "Novak",    "Nuñez",    "Okafor",   "Oliveira", "Ortiz",   "Osei",       "Parker",
    "Patel",    "Pereira",  "Pérez",    "Phillips", "Pham",     "Price",    "Ramirez", "Reed",       "Reyes",
    "Rivera",   "Roberts",  "Robinson", "Rossi",    "Ruiz",     "Russell",  "Sánchez", "Schmidt",    "Scott",
    "Sharma",   "Silva",    "Singh",    "Smith",    "Stewart",  "Sullivan", "Suzuki",  "Taylor",     "Thomas",
    "Thompson", "Torres",   "Tran",     "Turner",   "Walker",   "Wang",     "Ward",    "Washington", "Watson",
    "White",    "Williams", "Wilson",   "Wood",     "Wright",   "Yamamoto", "Young",   "Zhang"};

constexpr std::string_view kStreets[] = {
    "Main Street",    "Elm Street",      "Maple Avenue",    "Oak Street",      "Washington Street", "Park Avenue",
    "Cedar Lane",     "Pleasant Street", "High Street",     "Union Street",    "School Street",     "Chestnut Street",
    "Lincoln Avenue", "Highland Avenue", "Prospect Street", "Summer Street",   "Spring Street",     "Winter Street",
    "Mill Road",      "River Road",      "Church Street",   "Franklin Street", "Beacon Street",     "Harvard Avenue",
    "Bay Road",       "Lakeview Drive",  "Hillside Road",   "Meadow Lane",     "Orchard Street",    "Walnut Street"};

constexpr City kCities[] = {
    {"Boston", "02118", "617"},     {"Worcester", "01608", "508"},  {"Springfield", "01103", "413"},
    {"Cambridge", "02139", "617"},  {"Lowell", "01852", "978"},     {"Brockton", "02301", "508"},
    {"Quincy", "02169", "617"},     {"Lynn", "01902", "781"},       {"Fall River", "02720", "508"},
    {"Newton", "02458", "617"},     {"Somerville", "02143", "617"}, {"Lawrence", "01840", "978"},
    {"Framingham", "01702", "508"}, {"Haverhill", "01830", "978"},  {"Waltham", "02451", "781"},
    {"Malden", "02148", "781"},     {"Medford", "02155", "781"},    {"Taunton", "02780", "508"},
    {"Chicopee", "01013", "413"},   {"Plymouth", "02360", "508"},   {"Pittsfield", "01201", "413"},
    {"Salem", "01970", "978"},      {"Beverly", "01915", "978"},    {"Amherst", "01002", "413"}};

constexpr std::string_view kInsurerNames[] = {"Medicare",
                                              "MassHealth",
                                              "Bay Colony Health Plan",
                                              "Harbor Mutual Health",
                                              "Pioneer Valley Health",
                                              "Northeast Employers Trust"};

}  // namespace

std::span<const std::string_view> female_names() {
  return kFemale;
}
std::span<const std::string_view> male_names() {
  return kMale;
}
std::span<const std::string_view> family_names() {
  return kFamily;
}
std::span<const std::string_view> street_names() {
  return kStreets;
}
std::span<const City> cities() {
  return kCities;
}
std::span<const std::string_view> insurer_names() {
  return kInsurerNames;
}

}  // namespace vesta::sample
