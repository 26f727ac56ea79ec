"""The vocabulary of made-up articles, in both languages. The first words of a list are used the most."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What sentences of one language are made of; ``topics`` are categories with nouns of their own."""

    nouns: tuple[str, ...]
    adjectives: tuple[str, ...]
    verbs: tuple[str, ...]
    adverbs: tuple[str, ...]
    places: tuple[str, ...]
    topics: dict[str, tuple[str, ...]]
    tags: tuple[str, ...]
    sentences: tuple[str, ...]
    titles: tuple[str, ...]
    headings: tuple[str, ...]


def _list(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.replace("\n", " ").split(",") if item.strip())


ENGLISH = Vocabulary(
    nouns=_list("""
        the team, the reader, the question, the answer, the number, the plan, the budget, the morning, the city,
        the report, the method, the price, the test, the result, the mistake, the habit, the rule, the tool, the choice,
        the week, the table, the window, the letter, the map, the bridge, the queue, the garden, the engine, the market,
        the teacher, the neighbour, the archive, the signal, the lamp, the clock, the harbour, the kitchen, the ledger
    """),
    adjectives=_list("""
        small, new, simple, quiet, slow, careful, public, cheap, early, long, honest, local, strange, patient, plain,
        useful, late, narrow, warm, sharp, heavy, bright, hidden, common, rare
    """),
    verbs=_list("""
        changes, needs, shows, explains, follows, outlives, replaces, hides, improves, delays, surprises, supports,
        questions, measures, repeats, shapes, limits, corrects, carries, forgets
    """),
    adverbs=_list("""
        in the end, most of the time, without anybody noticing, for a good reason, sooner than expected, by design,
        once a year, on paper, in practice, after the holidays, more often than not, with a little help, step by step
    """),
    places=_list("""
        in the office, at home, in a small town, on the road, near the river, in the north, at the station,
        in the library, across the street, by the sea, in the workshop
    """),
    topics={
        "Technology": _list("the server, the database, the browser, the update, the network, the phone, the screen"),
        "Business": _list("the company, the customer, the contract, the investor, the invoice, the supplier, the shop"),
        "Science": _list("the experiment, the theory, the telescope, the cell, the planet, the sample, the evidence"),
        "Health": _list("the doctor, the patient, the treatment, the heart, the diet, the vaccine, the sleep"),
        "Culture": _list("the novel, the stage, the museum, the song, the painter, the film, the festival"),
        "Education": _list("the school, the lesson, the student, the exam, the classroom, the library, the degree"),
        "Environment": _list("the forest, the climate, the river, the species, the harvest, the storm, the coast"),
        "Travel": _list("the train, the border, the hotel, the island, the luggage, the ferry, the trail"),
    },
    tags=_list("""
        guides, opinion, interviews, data, history, cities, money, food, privacy, open source, design, energy, family,
        languages, music, photography, housing, transport, statistics, volunteers, archives, elections, gardens, space,
        security, productivity, walking, cycling, oceans, children, work, retirement, testing, performance
    """),
    sentences=(
        "{Noun} {verb} {noun} {adverb}.",
        "{Noun} is {adjective}, and {noun} {verb} it.",
        "When {noun} {verb} {noun}, few people ask why.",
        "It took {noun} a {adjective} month to see what {noun} had been saying.",
        "{Place}, {noun} {verb} more than {noun}.",
        "Nobody expected {noun} to be so {adjective}.",
        "What {noun} {verb} today, {noun} {verb} tomorrow.",
        "{Noun} remains {adjective} {place}, {adverb}.",
        "There is a {adjective} difference between {noun} and {noun}.",
        "Ask {noun} about it and the answer is {adjective}, {adverb}.",
    ),
    titles=(
        "Why {noun} {verb} {noun}", "What {noun} taught us about {noun}", "{Noun}, {noun} and a {adjective} idea",
        "The {adjective} side of {noun}", "How {noun} became {adjective}", "{Noun} {place}: a {adjective} story",
        "When {noun} {verb} {noun}", "A {adjective} guide to {noun}",
    ),
    headings=("What happened", "Why it matters", "The numbers", "What comes next", "In practice", "A second look"),
)  # fmt: skip

PORTUGUESE = Vocabulary(
    nouns=_list("""
        a equipe, o leitor, a pergunta, a resposta, o número, o plano, o orçamento, a manhã, a cidade, o relatório,
        o método, o preço, o teste, o resultado, o erro, o hábito, a regra, a ferramenta, a escolha, a semana, a mesa,
        a janela, a carta, o mapa, a ponte, a fila, o jardim, o motor, o mercado, a professora, o vizinho, o arquivo,
        o sinal, a lâmpada, o relógio, o porto, a cozinha, o caderno, a praça, a estação
    """),
    adjectives=_list("""
        simples, importante, diferente, comum, possível, recente, grande, leve, constante, frágil, útil, urgente,
        local, evidente, surpreendente, difícil, breve, paciente, notável, estável, inesquecível, elegante
    """),
    verbs=_list("""
        muda, explica, acompanha, substitui, esconde, melhora, atrasa, surpreende, sustenta, questiona, mede, repete,
        limita, corrige, carrega, esquece, revela, convence, encontra, prepara
    """),
    adverbs=_list("""
        no fim das contas, na maior parte do tempo, sem que ninguém perceba, por um bom motivo, antes do esperado,
        uma vez por ano, no papel, na prática, depois do feriado, com alguma ajuda, passo a passo, aos poucos
    """),
    places=_list("""
        no escritório, em casa, numa cidade pequena, na estrada, perto do rio, no norte, na estação, na biblioteca,
        do outro lado da rua, à beira-mar, na oficina
    """),
    topics={
        "Tecnologia": _list("o servidor, a rede, o navegador, a atualização, o celular, a tela, o banco de dados"),
        "Negócios": _list("a empresa, o cliente, o contrato, a investidora, a nota fiscal, a loja, o fornecedor"),
        "Ciência": _list("o experimento, a teoria, o telescópio, a célula, o planeta, a amostra, a evidência"),
        "Saúde": _list("a médica, o paciente, o tratamento, o coração, a dieta, a vacina, o sono"),
        "Cultura": _list("o romance, o palco, o museu, a canção, a pintora, o filme, o festival"),
        "Educação": _list("a escola, a aula, o estudante, a prova, o recreio, o diploma, a leitura"),
        "Meio ambiente": _list("a floresta, o clima, a espécie, a colheita, a tempestade, o litoral, a chuva"),
        "Viagens": _list("o trem, a fronteira, o hotel, a ilha, a bagagem, a balsa, a trilha"),
    },
    tags=_list("""
        guias, opinião, entrevistas, dados, história, cidades, dinheiro, comida, privacidade, código aberto, desenho,
        energia, família, idiomas, música, fotografia, moradia, transporte, estatística, voluntários, arquivos,
        eleições, jardins, espaço, segurança, produtividade, caminhadas, bicicleta, oceanos, crianças, trabalho,
        aposentadoria, testes, desempenho
    """),
    sentences=(
        "{Noun} {verb} {noun} {adverb}.",
        "{Noun} parece {adjective}, e {noun} {verb} isso.",
        "Quando {noun} {verb} {noun}, pouca gente pergunta por quê.",
        "{Place}, {noun} {verb} mais do que {noun}.",
        "Ninguém esperava que {noun} fosse algo tão {adjective}.",
        "O que {noun} {verb} hoje, {noun} {verb} amanhã.",
        "Há uma relação {adjective} entre {noun} e {noun}.",
        "{Noun} continua {place}, {adverb}.",
        "Basta olhar: {noun} {verb} {noun}, {adverb}.",
        "Para quem acompanha {noun}, nada disso é {adjective}.",
    ),
    titles=(
        "Por que {noun} {verb} {noun}", "O que {noun} ensina sobre {noun}", "{Noun}, {noun} e uma ideia {adjective}",
        "O lado {adjective} da história: {noun}", "Como {noun} {verb} {noun}", "{Noun} {place}: um caso {adjective}",
        "Quando {noun} {verb} {noun}", "Um guia {adjective} para entender {noun}",
    ),
    headings=("O que aconteceu", "Por que importa", "Os números", "O que vem depois", "Na prática", "Um segundo olhar"),
)  # fmt: skip

VOCABULARIES = {"en": ENGLISH, "pt-br": PORTUGUESE}
FIRST_NAMES = _list("""
    Ana, Bruno, Clara, Daniel, Elisa, Felipe, Grace, Heitor, Inês, Jonas, Karen, Lucas, Marina, Nelson, Olívia, Paulo,
    Quitéria, Rafael, Sofia, Tiago
""")
LAST_NAMES = _list("Almeida, Barros, Clark, Dias, Evans, Farias, Green, Hoffmann, Lima, Moreira, Novak, Prado, Souza")
